//! Compiles the part in C of the target `library`. The library itself is loaded when that runs.

fn main() {
    println!("cargo::rerun-if-changed=targets/library.c");
    println!("cargo::rerun-if-changed=../include/sflowcap.h");
    cc::Build::new()
        .file("targets/library.c")
        .include("../include")
        .flag("-std=c11")
        .warnings(true)
        .extra_warnings(true)
        .warnings_into_errors(true)
        .compile("walk");
}
