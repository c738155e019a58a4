use std::fmt;

/// As much of a version as decides whether a tool is recent enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl Version {
    /// The first version in a text such as `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub(crate) fn find_in(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut numbers = word.split('.').map(|number| number.parse().ok());
            Some(Self { major: numbers.next()??, minor: numbers.next()?? })
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn is_found_among_other_words() {
        let found = |text| Version::find_in(text).map(|version| version.to_string());
        assert_eq!(found("rustc 1.95.0 (59807616e 2026-04-14)").as_deref(), Some("1.95"));
        assert_eq!(found("cargo 1.97.0-nightly").as_deref(), Some("1.97"));
        assert_eq!(found("3.11").as_deref(), Some("3.11"));
        assert_eq!(found("command not found"), None);
    }

    #[test]
    fn is_ordered_by_number_not_by_text() {
        assert!(Version::find_in("3.9") < Version::find_in("3.11"));
    }
}
