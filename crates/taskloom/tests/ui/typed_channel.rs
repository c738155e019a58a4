use taskloom::{Key, prelude::*};

struct Shop;
struct Other;

impl Shop {
    const TOTAL: Key<Self, i64> = Key::new("total");
}

#[task]
fn write(ctx: &Context) -> taskloom::Result<()> {
    // A value of another type.
    ctx.typed_channel::<Shop>().set(Shop::TOTAL, "three")?;
    // A key of another schema.
    ctx.typed_channel::<Other>().set(Shop::TOTAL, 3)?;
    // A number is no list.
    ctx.typed_channel::<Shop>().append(Shop::TOTAL, 3)?;
    Ok(())
}

fn main() {}
