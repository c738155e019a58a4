use std::{any::type_name, fmt, marker::PhantomData, time::Duration};

use super::{Amount, Channel, ChannelLock};
use crate::Result;

/// A key of a channel that holds values of type `T`, in the schema `S`; see [`TypedChannel`].
pub struct Key<S, T> {
    name: &'static str,
    of: PhantomData<fn() -> (S, T)>,
}

impl<S, T> Key<S, T> {
    /// A key of this name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// Its name in the channel.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<S, T> Clone for Key<S, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, T> Copy for Key<S, T> {}

impl<S, T> fmt::Debug for Key<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}: {})", self.name, type_name::<T>())
    }
}

/// The channel of a run under a schema: a type of yours, whose constants are the keys that there are.
///
/// It has the verbs of [`Channel`]. A key of another schema, and a value of another type than the key's, do not compile.
/// Others may use the same channel by names alone, so what a key holds is checked when it is read: an error of kind
/// [`ErrorKind::Channel`](crate::ErrorKind::Channel) names the key, what it holds and what was expected.
///
/// ```
/// use taskloom::{Key, prelude::*};
///
/// struct Shop;
///
/// impl Shop {
///     const TOTAL: Key<Shop, i64> = Key::new("total");
///     const NAMES: Key<Shop, Vec<String>> = Key::new("names");
/// }
///
/// #[task]
/// fn sell(name: String, price: i64, ctx: &Context) -> taskloom::Result<i64> {
///     let shop = ctx.typed_channel::<Shop>();
///     shop.append(Shop::NAMES, name)?;
///     shop.atomic_add(Shop::TOTAL, price)
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let run = Workflow::new("w").add(sell::task().name("tea".to_owned()).price(3)).execute().blocking()?;
/// assert_eq!(run.value::<i64>()?, 3);
/// # Ok(())
/// # }
/// ```
///
/// A value of another type is refused by the compiler:
///
/// ```compile_fail
/// # use taskloom::{Key, prelude::*};
/// # struct Shop;
/// # impl Shop {
/// #     const TOTAL: Key<Shop, i64> = Key::new("total");
/// # }
/// #[task]
/// fn sell(ctx: &Context) -> taskloom::Result<()> {
///     ctx.typed_channel::<Shop>().set(Shop::TOTAL, "three")
/// }
/// ```
pub struct TypedChannel<S> {
    channel: Channel,
    of: PhantomData<fn() -> S>,
}

impl<S> TypedChannel<S> {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { channel, of: PhantomData }
    }

    /// As [`Channel::at_once`].
    #[must_use = "it is what is written through this that is seen at once"]
    pub fn at_once(&self) -> Self {
        Self::new(self.channel.at_once())
    }

    /// As [`Channel::ttl`].
    #[must_use = "it is what is written through this that has a time"]
    pub fn ttl(&self, ttl: Duration) -> Self {
        Self::new(self.channel.ttl(ttl))
    }

    /// As [`Channel::set`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn set<T: Send + Sync + 'static>(&self, key: Key<S, T>, value: T) -> Result<()> {
        self.channel.set(key.name, value)
    }

    /// As [`Channel::get`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn get<T: Clone + 'static>(&self, key: Key<S, T>) -> Result<Option<T>> {
        self.channel.get(key.name)
    }

    /// As [`Channel::list`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn list<T: Clone + 'static>(&self, key: Key<S, Vec<T>>) -> Result<Vec<T>> {
        self.channel.list(key.name)
    }

    /// As [`Channel::delete`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn delete<T>(&self, key: Key<S, T>) -> Result<bool> {
        self.channel.delete(key.name)
    }

    /// As [`Channel::exists`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn exists<T>(&self, key: Key<S, T>) -> Result<bool> {
        self.channel.exists(key.name)
    }

    /// As [`Channel::append`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn append<T: Send + Sync + 'static>(&self, key: Key<S, Vec<T>>, value: T) -> Result<usize> {
        self.channel.append(key.name, value)
    }

    /// As [`Channel::prepend`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn prepend<T: Send + Sync + 'static>(&self, key: Key<S, Vec<T>>, value: T) -> Result<usize> {
        self.channel.prepend(key.name, value)
    }

    /// As [`Channel::atomic_add`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn atomic_add<N: Amount>(&self, key: Key<S, N>, amount: N) -> Result<N> {
        self.channel.atomic_add(key.name, amount)
    }

    /// As [`Channel::lock`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn lock<T>(&self, key: Key<S, T>) -> Result<ChannelLock> {
        self.channel.lock(key.name)
    }

    /// As [`Channel::lock_async`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub async fn lock_async<T>(&self, key: Key<S, T>) -> Result<ChannelLock> {
        self.channel.lock_async(key.name).await
    }
}

impl<S> Clone for TypedChannel<S> {
    fn clone(&self) -> Self {
        Self::new(self.channel.clone())
    }
}

impl<S> fmt::Debug for TypedChannel<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypedChannel<{}>({:?})", type_name::<S>(), self.channel)
    }
}
