//! What two decoders that share no type have in common: the values that Rust's `Debug` prints of what they read.

/// The values in what `Debug` prints: numbers, addresses and texts, without the names.
pub fn atoms(debug: &str) -> Vec<String> {
    let mut atoms = Vec::new();
    for (at, part) in debug.split('"').enumerate() {
        if at % 2 == 1 {
            atoms.push(format!("\"{part}\""));
            continue;
        }
        let words = part.split([' ', ',', '{', '}', '(', ')', '[', ']']).filter(|word| !word.is_empty());
        let is_name =
            |word: &str| word.starts_with(|c: char| c.is_alphabetic()) && !word.trim_end_matches(':').contains(':');
        atoms.extend(words.filter(|word| !is_name(word)).map(str::to_owned));
    }
    atoms
}
