use super::*;

#[test]
fn a_table_that_cannot_be_read_is_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| {
        let error = Table::whole(&folder.path().join(name)).err().unwrap();
        assert!(error.chain().any(|cause| cause.is::<Usage>()), "{error:#}");
        let text = format!("{error:#}");
        assert!(text.contains(name), "{text}");
        text
    };
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let text = "period,code,value\n2023,854143,1\n";
    write("empty.csv", b"");
    assert!(refused("empty.csv").contains("there is nothing in it"));
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    write("little.csv", &[[0xff, 0xfe].as_slice(), little.as_slice()].concat());
    write("big.csv", &[[0xfe, 0xff].as_slice(), big.as_slice()].concat());
    assert!(refused("little.csv").contains("UTF-16") && refused("big.csv").contains("UTF-16"));
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    assert!(refused("folder").contains("is no file"));
    write("good.csv", text.as_bytes());
    assert!(Table::whole(&folder.path().join("good.csv")).is_ok());
}

#[test]
fn a_column_that_is_there_twice_is_refused_where_it_is_needed() {
    let columns = |header: &str| Table::csv(Box::new(std::io::Cursor::new(format!("{header}\n1,2,3,4\n"))));
    let error = columns("period,cmdCode,cmdCode,primaryValue").err().unwrap();
    assert!(error.is::<Usage>() && error.to_string().contains("several columns called cmdCode"), "{error}");
    assert!(columns("period,cmdCode,primaryValue,period").is_err());
    assert!(columns("period,cmdCode,primaryValue,Period").is_ok() && columns("note,note,period,code").is_err());
    assert!(Table::csv(Box::new(&b"note,note,period,code,value\n"[..])).is_ok());
}
