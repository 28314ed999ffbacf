//! The committed header is the one that cbindgen makes.

use std::path::Path;

#[test]
fn the_header_is_the_one_that_the_source_gives() {
    let capi = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(capi.join("cbindgen.toml")).expect("a configuration");
    let bindings = cbindgen::generate_with_config(capi, config).expect("a header");
    let mut made = Vec::new();
    bindings.write(&mut made);
    let path = capi.join("../include/sflowcap.h");
    if std::env::var_os("SFLOWCAP_WRITE_HEADER").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read(&path).unwrap_or_default();
    assert!(
        made == committed,
        "include/sflowcap.h is out of date: SFLOWCAP_WRITE_HEADER=1 cargo test -p libsflowcap writes it anew"
    );
}
