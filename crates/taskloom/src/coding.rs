#[cfg(feature = "sqlite")]
use crate::codec::Codec;

/// How values of a type get into a store, as `#[task]` finds out for parameters and outputs.
#[derive(Clone, Copy, Debug)]
pub enum Coding {
    /// Not at all: serde does not know the type, or there are no stores.
    None,
    /// Not at all, and on purpose: it is a [`Secret`](crate::Secret).
    Secret,
    /// As text.
    #[cfg(feature = "sqlite")]
    Codec(Codec),
}

#[cfg(feature = "sqlite")]
impl Coding {
    /// The codec, if there is one.
    pub fn codec(self) -> Option<Codec> {
        match self {
            Self::Codec(codec) => Some(codec),
            Self::None | Self::Secret => None,
        }
    }

    /// Whether it is a secret.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret)
    }
}
