//! Gives the shared library its name for the dynamic linker, by which programs find the version that they were built for.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let abi = 1; // SFLOWCAP_ABI_VERSION
    match std::env::var("CARGO_CFG_TARGET_VENDOR").as_deref() {
        Ok("apple") => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libsflowcap.{abi}.dylib");
        }
        _ if std::env::var_os("CARGO_CFG_UNIX").is_some() => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libsflowcap.so.{abi}");
        }
        _ => {}
    }
}
