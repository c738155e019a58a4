use quote::ToTokens;
use syn::{Attribute, Expr, FnArg, GenericArgument, Ident, ItemFn, Pat, PathArguments, Type, parse_quote};

/// One parameter of a task's function.
pub(crate) enum Parameter {
    /// The execution's context, by reference or by value.
    Context { reference: bool },
    /// One that instances bind.
    Bound(Box<Bound>),
}

/// A parameter that instances bind.
pub(crate) struct Bound {
    pub(crate) name: Ident,
    /// The type of the value behind it.
    pub(crate) ty: Type,
    pub(crate) pass: Pass,
    pub(crate) default: Option<Expr>,
}

/// How the function takes the value.
pub(crate) enum Pass {
    /// By value: a clone.
    Owned,
    /// By value, an `Option` of this type.
    Optional(Type),
    /// As `&T`.
    Shared,
    /// As `&Option<T>` of this type.
    SharedOptional(Type),
    /// As `&str` or `&[T]`, of a `String` or a `Vec<T>`.
    Slice,
}

impl Parameter {
    /// Parses a parameter and takes its `#[default]` off.
    pub(crate) fn parse(argument: &mut FnArg) -> syn::Result<Self> {
        let typed = match argument {
            FnArg::Typed(typed) => typed,
            FnArg::Receiver(receiver) => {
                return Err(syn::Error::new_spanned(
                    receiver,
                    "a task is a free function: take what it needs from `self` as a parameter",
                ));
            }
        };
        let default = take_default(&mut typed.attrs)?;
        if let Some(reference) = context(&typed.ty) {
            return Ok(Self::Context { reference });
        }
        let Pat::Ident(pattern) = &*typed.pat else {
            return Err(syn::Error::new_spanned(
                &typed.pat,
                "a task's parameter is a name, since instances bind it by that; take it apart in the body",
            ));
        };
        if pattern.by_ref.is_some() || pattern.subpat.is_some() {
            return Err(syn::Error::new_spanned(pattern, "a task's parameter is a plain name"));
        }
        let name = pattern.ident.clone();
        refuse_reserved(&name)?;
        let (ty, pass) = passing(&typed.ty)?;
        Ok(Self::Bound(Box::new(Bound { name, ty, pass, default })))
    }
}

/// The names of the two functions and the setter that every task's type has.
fn refuse_reserved(name: &Ident) -> syn::Result<()> {
    let taken = match name.to_string().as_str() {
        "task_id" => "`task_id` names the instance, so no parameter can be called that; call it `id`, for instance",
        "task" => "`task()` begins an instance, so no parameter can be called that; call it `job`, for instance",
        "definition" => "`definition()` gives the definition, so no parameter can be called that",
        _ => return Ok(()),
    };
    Err(syn::Error::new_spanned(name, taken))
}

fn passing(ty: &Type) -> syn::Result<(Type, Pass)> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => Err(syn::Error::new_spanned(
            ty,
            "a task's arguments are shared with other tasks, so none can be changed; take it by value",
        )),
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => Ok((parse_quote!(::std::string::String), Pass::Slice)),
            Type::Slice(slice) => {
                let element = &slice.elem;
                Ok((parse_quote!(::std::vec::Vec<#element>), Pass::Slice))
            }
            element => Ok((element.clone(), optional(element).map_or(Pass::Shared, Pass::SharedOptional))),
        },
        Type::ImplTrait(_) => Err(syn::Error::new_spanned(
            ty,
            "a task's parameter has a concrete type, since values for it come from other tasks",
        )),
        _ => Ok((ty.clone(), optional(ty).map_or(Pass::Owned, Pass::Optional))),
    }
}

/// Whether a type is the context, and if so, whether by reference.
fn context(ty: &Type) -> Option<bool> {
    let (ty, reference) = match ty {
        Type::Reference(reference) => (&*reference.elem, true),
        _ => (ty, false),
    };
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    (last.ident == "Context" && last.arguments.is_empty()).then_some(reference)
}

fn optional(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}

fn take_default(attributes: &mut Vec<Attribute>) -> syn::Result<Option<Expr>> {
    let Some(position) = attributes.iter().position(|attribute| attribute.path().is_ident("default")) else {
        return Ok(None);
    };
    let attribute = attributes.remove(position);
    attribute.parse_args().map(Some).map_err(|_| {
        let shown = attribute.to_token_stream();
        syn::Error::new_spanned(shown, "a default is an expression: `#[default(7)]`")
    })
}

/// The function as it would be without `#[task]`.
pub(crate) fn without_defaults(mut function: ItemFn) -> ItemFn {
    for argument in &mut function.sig.inputs {
        if let FnArg::Typed(typed) = argument {
            typed.attrs.retain(|attribute| !attribute.path().is_ident("default"));
        }
    }
    function
}
