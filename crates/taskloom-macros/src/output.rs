use syn::{ReturnType, Type, parse_quote};

/// What a task's function returns.
pub(crate) struct Output {
    /// The type as written, `()` if none is.
    pub(crate) ty: Type,
    /// Whether it is a `Result` by its name.
    pub(crate) fallible: bool,
}

impl Output {
    pub(crate) fn parse(returned: &ReturnType) -> syn::Result<Self> {
        let ty = match returned {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        match &ty {
            Type::ImplTrait(_) => Err(syn::Error::new_spanned(
                &ty,
                "a task returns a type with a name, since other tasks take it as an argument; \
                 `Box<dyn Trait + Send + Sync>` has one",
            )),
            Type::Reference(reference) if reference.lifetime.as_ref().is_none_or(|l| l.ident != "static") => {
                Err(syn::Error::new_spanned(&ty, "a task returns a value of its own, not a borrowed one"))
            }
            _ => Ok(Self { fallible: is_result(&ty), ty }),
        }
    }
}

fn is_result(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "Result"),
        _ => false,
    }
}
