use taskloom_core::{Control, NodeId, Value};

/// What an execution asks for from inside (rule R-9). It counts only if the attempt succeeds.
#[derive(Default)]
pub struct Asks {
    /// Cancel the run, with this message.
    pub cancel: Option<String>,
    /// End the run well, with this message.
    pub terminate: Option<String>,
    /// Run again, with this as the first argument.
    pub iterate: Option<Value>,
    /// Go on at these tasks.
    pub jumps: Vec<NodeId>,
}

/// What the scheduler and the run are told of it.
pub(super) struct Wish {
    pub(super) control: Control,
    pub(super) message: Option<String>,
    pub(super) data: Option<Value>,
}

impl Asks {
    /// The one wish that counts: cancel before terminate before iterate before jumps.
    pub(super) fn wish(self) -> Option<Wish> {
        let (control, message, data) = match self {
            Self { cancel: Some(message), .. } => (Control::Cancel, Some(message), None),
            Self { terminate: Some(message), .. } => (Control::Terminate, Some(message), None),
            Self { iterate: Some(data), .. } => (Control::Iterate, None, Some(data)),
            Self { jumps, .. } if !jumps.is_empty() => (Control::Jump(jumps), None, None),
            _ => return None,
        };
        Some(Wish { control, message, data })
    }
}

impl std::fmt::Debug for Asks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asks")
            .field("cancel", &self.cancel)
            .field("terminate", &self.terminate)
            .field("iterate", &self.iterate.is_some())
            .field("jumps", &self.jumps)
            .finish()
    }
}
