//! `cargo bench -p greenlane-bench -- --help`

use std::process::ExitCode;

// What the product's binary uses: the baselines get it as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    greenlane_bench::main()
}
