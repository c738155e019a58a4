use std::time::Duration;

use proc_macro_crate::{FoundCrate, crate_name};
use quote::ToTokens;
use syn::{Error, Ident, LitInt, LitStr, Path, meta::ParseNestedMeta, parse::Parse, parse_quote};

/// What is in the parentheses of `#[task(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) id: Option<LitStr>,
    pub(crate) max_retries: Option<LitInt>,
    pub(crate) max_cycles: Option<LitInt>,
    pub(crate) timeout: Option<Duration>,
    /// Whether it is a clean-up.
    pub(crate) always: Option<bool>,
    krate: Option<Path>,
}

impl Options {
    pub(crate) fn parse(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.to_token_stream();
        if meta.path.is_ident("id") {
            self.id = Some(value(meta, "id = \"fetch\"")?);
        } else if meta.path.is_ident("max_retries") {
            self.max_retries = Some(number(meta, "max_retries = 3", "retries")?);
        } else if meta.path.is_ident("max_cycles") {
            self.max_cycles = Some(number(meta, "max_cycles = 10", "cycles")?);
        } else if meta.path.is_ident("crate") {
            self.krate = Some(value(meta, "crate = path::to::taskloom")?);
        } else if meta.path.is_ident("timeout") {
            self.timeout = Some(duration(&value(meta, "timeout = \"5s\"")?)?);
        } else if meta.path.is_ident("run_when") {
            self.always = Some(always(&value(meta, "run_when = \"always\"")?)?);
        } else if meta.path.is_ident("retry_policy") {
            return Err(
                meta.error("a policy is set on an instance: `.with_options(|options| options.retry_policy(…))`")
            );
        } else {
            return Err(meta.error(format!(
                "unknown option `{name}`: there are `id`, `max_retries`, `max_cycles`, `timeout`, `run_when` and `crate`"
            )));
        }
        Ok(())
    }

    /// The path of the crate `taskloom` where the task is defined.
    pub(crate) fn krate(&self) -> Path {
        if let Some(path) = &self.krate {
            return path.clone();
        }
        match crate_name("taskloom") {
            Ok(FoundCrate::Name(name)) => {
                let name = Ident::new(&name, proc_macro2::Span::call_site());
                parse_quote!(::#name)
            }
            // In the crate's own examples, tests and documentation it goes by its name too.
            Ok(FoundCrate::Itself) | Err(_) => parse_quote!(::taskloom),
        }
    }
}

/// A time such as `"5s"`: a whole number and `ms`, `s`, `m` or `h`.
fn duration(text: &LitStr) -> syn::Result<Duration> {
    let written = text.value();
    let (number, unit) = written.split_at(written.find(|c: char| !c.is_ascii_digit()).unwrap_or(written.len()));
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => 0,
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(milliseconds)) {
        Some(time) if time > 0 => Ok(Duration::from_millis(time)),
        _ => Err(Error::new_spanned(
            text,
            "a time is a whole number from 1 on with its unit: `500ms`, `5s`, `2m` or `1h`",
        )),
    }
}

/// Whether a task runs whatever happens: `"always"` or `"success"`.
fn always(text: &LitStr) -> syn::Result<bool> {
    match &*text.value() {
        "always" => Ok(true),
        "success" => Ok(false),
        _ => Err(Error::new_spanned(
            text,
            "a task runs when what is before it has succeeded, `\"success\"`, or `\"always\"`",
        )),
    }
}

/// A number behind the `=`.
fn number(meta: &ParseNestedMeta<'_>, example: &str, of: &str) -> syn::Result<LitInt> {
    let number: LitInt = value(meta, example)?;
    match number.base10_parse::<u32>() {
        Ok(_) => Ok(number),
        Err(_) => Err(Error::new_spanned(number, format!("the number of {of} is one from 0 on, of type `u32`"))),
    }
}

/// What is behind the `=`.
fn value<T: Parse>(meta: &ParseNestedMeta<'_>, example: &str) -> syn::Result<T> {
    let missing = |_| meta.error(format!("this option has a value: `{example}`"));
    meta.value().map_err(missing)?.parse()
}
