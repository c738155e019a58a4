use syn::{ItemFn, Safety};

use crate::{
    options::Options,
    output::Output,
    parameter::{Bound, Parameter},
};

/// A function with `#[task]`, understood.
pub(crate) struct Task {
    /// The function, without the attributes that only mean something to us.
    pub(crate) function: ItemFn,
    pub(crate) options: Options,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Output,
}

impl Task {
    pub(crate) fn parse(mut function: ItemFn, options: Options) -> syn::Result<Self> {
        let signature = &function.sig;
        if !signature.generics.params.is_empty() {
            let only_lifetimes = signature.generics.lifetimes().count() == signature.generics.params.len();
            let message = if only_lifetimes {
                "a task has no lifetime parameters: leave them out, each of its references lives as long as the call"
            } else {
                "a task has no generic parameters, since its type has to be known where it is defined; \
                 define one task for each type, calling a generic function"
            };
            return Err(syn::Error::new_spanned(&signature.generics, message));
        }
        if let Some(constness) = &signature.constness {
            return Err(syn::Error::new_spanned(
                constness,
                "a task is called when a workflow runs, so it is not `const`",
            ));
        }
        if let Safety::Unsafe(unsafety) = &signature.safety {
            return Err(syn::Error::new_spanned(
                unsafety,
                "the engine calls a task without knowing its conditions, so it is safe",
            ));
        }
        let output = Output::parse(&signature.output)?;
        // All parameters' mistakes at once, not one a build.
        let mut parameters = Vec::new();
        let mut mistakes: Option<syn::Error> = None;
        for argument in &mut function.sig.inputs {
            match Parameter::parse(argument) {
                Ok(parameter) => parameters.push(parameter),
                Err(error) => match &mut mistakes {
                    Some(mistakes) => mistakes.combine(error),
                    None => mistakes = Some(error),
                },
            }
        }
        match mistakes {
            Some(mistakes) => Err(mistakes),
            None => Ok(Self { function, options, parameters, output }),
        }
    }

    /// The parameters that instances bind, in order.
    pub(crate) fn bound(&self) -> impl Iterator<Item = &Bound> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Bound(bound) => Some(&**bound),
            Parameter::Context { .. } => None,
        })
    }
}
