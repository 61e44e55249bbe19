//! Compiles the contracts in `proto/` without a protoc binary.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    for package in ["common", "registry", "equivalence", "classification"] {
        for entry in fs::read_dir(root.join("greenlane").join(package).join("v1"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(&files)?;
    let documented = compiler.file_descriptor_set();

    let mut bare = documented.clone();
    for file in &mut bare.file {
        file.source_code_info = None;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), bare.encode_to_vec())?;
    fs::write(out.join("documented_descriptors.bin"), documented.encode_to_vec())?;

    let mut config = prost_build::Config::new();
    config.enable_type_names().bytes(["."]).btree_map(["."]);
    tonic_prost_build::configure().generate_default_stubs(true).compile_fds_with_config(documented, config)?;
    Ok(())
}
