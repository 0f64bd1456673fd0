use crate::error::CliError;

use super::bundle::{Bundle, Loaded};

/// People who do not exist, and what does not ail them.
const PATIENTS: [(&str, &[u8]); 2] = [
    ("amaranta_quillfeather.json", include_bytes!("../../patients/amaranta_quillfeather.json")),
    ("tiberius_oakenshade.json", include_bytes!("../../patients/tiberius_oakenshade.json")),
];

/// The synthetic patients that come with the program.
pub(crate) fn built_in() -> Result<Loaded, CliError> {
    let bundles = PATIENTS.iter().map(|(name, bytes)| Bundle::parse(name.as_ref(), bytes));
    Ok(Loaded { bundles: bundles.collect::<Result<_, _>>()?, skipped: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_patients_are_two_with_24_entries() {
        let loaded = built_in().unwrap();
        assert_eq!(loaded.bundles.len(), 2);
        assert_eq!(loaded.entries(), 24);
        assert!(loaded.bundles.iter().all(|b| b.count("Observation") >= 6));
    }
}
