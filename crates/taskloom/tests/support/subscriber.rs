use std::{
    collections::BTreeMap,
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

/// A subscriber that keeps spans and events as lines of text. It knows one stack of entered spans, so whatever is
/// observed runs on one thread at a time.
#[derive(Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    is_silent: bool,
    last: u64,
    open: BTreeMap<u64, Open>,
    entered: Vec<u64>,
    closed: Vec<String>,
    events: Vec<String>,
}

struct Open {
    name: &'static str,
    references: u32,
    parent: Option<u64>,
    fields: Text,
}

/// Fields as text.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
    task_id: Option<String>,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            // It is another one each time.
            "run.id" => self.fields += " run.id=…",
            name => write!(self.fields, " {name}={value:?}").unwrap(),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "task.id" {
            self.task_id = Some(value.to_owned());
        }
        self.record_debug(field, &format_args!("{value}"));
    }
}

impl Spans {
    /// One that wants events alone.
    pub(crate) fn silent() -> Self {
        Self(Arc::new(Mutex::new(Kept { is_silent: true, ..Kept::default() })))
    }

    /// The spans that have closed, in that order, each with its fields and its parent's name.
    pub(crate) fn closed(&self) -> Vec<String> {
        self.0.lock().unwrap().closed.clone()
    }

    /// The events, each with the span that it was in.
    pub(crate) fn events(&self) -> Vec<String> {
        self.0.lock().unwrap().events.clone()
    }

    /// How many spans are entered now.
    pub(crate) fn entered(&self) -> usize {
        self.0.lock().unwrap().entered.len()
    }
}

impl Subscriber for Spans {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() || !self.0.lock().unwrap().is_silent
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Text::default();
        attributes.record(&mut fields);
        let mut kept = self.0.lock().unwrap();
        let current = || kept.entered.last().copied();
        let parent = attributes.parent().map(Id::into_u64).or_else(|| attributes.is_contextual().then(current)?);
        kept.last += 1;
        let id = kept.last;
        kept.open.insert(id, Open { name: attributes.metadata().name(), references: 1, parent, fields });
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut self.0.lock().unwrap().open.get_mut(&span.into_u64()).unwrap().fields);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let mut kept = self.0.lock().unwrap();
        let span = event.parent().map(Id::into_u64).or_else(|| kept.entered.last().copied());
        let place = span.map(|span| {
            let Open { name, fields, .. } = &kept.open[&span];
            format!(" in {name} {}", fields.task_id.as_deref().unwrap_or_default())
        });
        let line = format!("{}{}{}", text.message, text.fields, place.unwrap_or_default());
        kept.events.push(line);
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let mut kept = self.0.lock().unwrap();
        let place = kept.entered.iter().rposition(|&entered| entered == span.into_u64()).unwrap();
        kept.entered.remove(place);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.0.lock().unwrap().open.get_mut(&id.into_u64()).unwrap().references += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut kept = self.0.lock().unwrap();
        let open = kept.open.get_mut(&id.into_u64()).unwrap();
        open.references -= 1;
        if open.references > 0 {
            return false;
        }
        let Open { name, parent, fields, .. } = kept.open.remove(&id.into_u64()).unwrap();
        let parent = parent.map(|parent| format!(" in {}", kept.open[&parent].name));
        kept.closed.push(format!("{name}{}{}", fields.fields, parent.unwrap_or_default()));
        true
    }
}
