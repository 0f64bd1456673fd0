//! Passphrases: from a file, from `NECTAR_PASSPHRASE`, or asked for. Never an argument, which other users can see.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::CliError;
use crate::files;

const VARIABLE: &str = "NECTAR_PASSPHRASE";
const MAX_PASSPHRASE: usize = 4096;

/// Where the passphrase of a key file comes from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PassphraseArgs {
    /// File whose first line is the passphrase; otherwise NECTAR_PASSPHRASE, otherwise it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase of a key file that exists.
    pub(crate) fn existing(&self, key: &Path) -> Result<SecretString, CliError> {
        match self.given()? {
            Some(passphrase) => Ok(passphrase),
            None => ask(key, "Passphrase"),
        }
    }

    /// The passphrase of a key file to be written; asked for twice.
    pub(crate) fn new_one(&self, key: &Path) -> Result<SecretString, CliError> {
        let passphrase = match self.given()? {
            Some(passphrase) => passphrase,
            None => {
                let (first, second) = (ask(key, "New passphrase")?, ask(key, "Again")?);
                if first.expose_secret() != second.expose_secret() {
                    return Err(CliError::BadPassphrase);
                }
                first
            }
        };
        if passphrase.expose_secret().is_empty() { Err(CliError::BadPassphrase) } else { Ok(passphrase) }
    }

    fn given(&self) -> Result<Option<SecretString>, CliError> {
        if let Some(path) = &self.passphrase_file {
            let bytes = zeroize::Zeroizing::new(files::read(path, "passphrase", MAX_PASSPHRASE)?);
            let text = std::str::from_utf8(&bytes).map_err(|_| CliError::BadPassphrase)?;
            return Ok(Some(text.lines().next().unwrap_or_default().to_owned().into()));
        }
        Ok(std::env::var(VARIABLE).ok().map(SecretString::from))
    }
}

fn ask(key: &Path, what: &str) -> Result<SecretString, CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::NoPassphrase(key.to_owned()));
    }
    let prompt = format!("{what} for {}: ", key.display());
    rpassword::prompt_password(prompt)
        .map(SecretString::from)
        .map_err(|_| CliError::NoPassphrase(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_the_file_is_the_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pass");
        std::fs::write(&path, "correct horse\nbattery\n").unwrap();
        let args = PassphraseArgs { passphrase_file: Some(path) };
        assert_eq!(args.existing("k".as_ref()).unwrap().expose_secret(), "correct horse");
    }

    #[test]
    fn an_empty_passphrase_protects_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pass");
        std::fs::write(&path, "\n").unwrap();
        let args = PassphraseArgs { passphrase_file: Some(path) };
        assert!(matches!(args.new_one("k".as_ref()), Err(CliError::BadPassphrase)));
    }
}
