//! H-1: the channel under a schema.

use std::time::Duration;

use taskloom::{ErrorKind, Key, prelude::*};

struct Shop;

impl Shop {
    const TOTAL: Key<Self, i64> = Key::new("total");
    const NOTE: Key<Self, String> = Key::new("note");
    const NAMES: Key<Self, Vec<String>> = Key::new("names");
}

#[task]
fn write(ctx: &Context) -> taskloom::Result<i64> {
    let shop = ctx.typed_channel::<Shop>();
    shop.set(Shop::TOTAL, 3)?;
    shop.at_once().set(Shop::NOTE, "n".to_owned())?;
    shop.ttl(Duration::from_mins(1)).append(Shop::NAMES, "b".to_owned())?;
    shop.prepend(Shop::NAMES, "a".to_owned())?;
    let _lock = shop.lock(Shop::TOTAL)?;
    shop.atomic_add(Shop::TOTAL, 4)
}

#[task]
async fn read(ctx: Context) -> taskloom::Result<String> {
    let shop = ctx.typed_channel::<Shop>();
    let _lock = shop.lock_async(Shop::NOTE).await?;
    let (total, names) = (shop.get(Shop::TOTAL)?, shop.list(Shop::NAMES)?);
    let (deleted, exists) = (shop.delete(Shop::NOTE)?, shop.exists(Shop::NOTE)?);
    Ok(format!("{total:?} {names:?} {deleted} {exists}"))
}

#[test]
fn h_01_it_has_the_verbs_of_the_channel() {
    let run = Workflow::new("w").add(write::task() >> read::task().task_id("read")).execute().blocking().unwrap();
    assert_eq!(run.output::<String>("read").unwrap(), r#"Some(7) ["a", "b"] true false"#);
    // It is the channel that all share, by the keys' names.
    assert_eq!(run.channel().get::<i64>(Shop::TOTAL.name()).unwrap(), Some(7));
}

#[task]
fn total(ctx: &Context) -> taskloom::Result<Option<i64>> {
    ctx.typed_channel::<Shop>().get(Shop::TOTAL)
}

#[test]
fn h_01_what_others_have_written_is_checked_when_it_is_read() {
    let error =
        Workflow::new("w").add(total::task()).execute().initial_channel("total", "three").blocking().unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().downcast_ref::<taskloom::Error>().unwrap();
    assert_eq!(cause.kind(), ErrorKind::Channel);
    let text = cause.to_string();
    assert!(text.starts_with("channel key `total` holds ") && text.contains("but a `i64` was expected"), "{text}");
}

#[test]
fn h_01_a_key_shows_itself() {
    assert_eq!(format!("{:?}", Shop::TOTAL), "Key(total: i64)");
}
