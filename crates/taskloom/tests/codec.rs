//! Values as text in a store, and back (rule D-3).

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![expect(clippy::option_option, reason = "these come back too")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use taskloom::codec::{Codec, canonical};

trait Stored: Serialize + Deserialize<'static> + Clone + Send + Sync + 'static {}

impl<T: Serialize + Deserialize<'static> + Clone + Send + Sync + 'static> Stored for T {}

fn text<T: Stored>(value: &T) -> String {
    Codec::of::<T>().encode(value).unwrap()
}

fn read<T: Stored>(text: &str) -> T {
    Codec::of::<T>().decode(text).unwrap().downcast_ref::<T>().unwrap().clone()
}

fn reading_fails<T: Stored>(text: &str) -> String {
    Codec::of::<T>().decode(text).unwrap_err().to_string()
}

/// Asserts what the text is, and that the value comes back from it.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "it is a literal mostly")]
fn both<T: Stored + PartialEq + Debug>(value: T, expected: &str) {
    assert_eq!(text(&value), expected);
    assert_eq!(read::<T>(expected), value);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct City(String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, u8);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Report {
    city: City,
    days: Vec<Option<f32>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(u8),
    Line(u8, u8),
    Square {
        side: u8,
    },
    #[serde(rename = "$int")]
    Odd(u8),
    #[serde(rename = "$odd")]
    Odder {
        side: u8,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Schema {
    title: String,
    #[serde(rename = "$ref")]
    reference: String,
    last: u8,
}

#[test]
fn d_03_what_json_has_a_form_for_is_plain() {
    both((), "null");
    both(Unit, "null");
    both(true, "true");
    both(7_u8, "7");
    both(i64::MIN, "-9223372036854775808");
    both(i64::MAX.unsigned_abs(), "9223372036854775807");
    both(1.0_f64, "1.0");
    both(-0.0_f64, "-0.0");
    both("a \"text\"\n".to_owned(), r#""a \"text\"\n""#);
    both('ü', "\"ü\"");
    both(vec![1, 2], "[1,2]");
    both((1, "two".to_owned()), r#"[1,"two"]"#);
    both(Pair(1, 2), "[1,2]");
    both(City("Tokyo".to_owned()), "\"Tokyo\"");
    both(
        Report { city: City("Tokyo".to_owned()), days: vec![None, Some(0.5)] },
        r#"{"city":"Tokyo","days":[null,0.5]}"#,
    );
    both(BTreeMap::from([(City("Oslo".to_owned()), 1), (City(String::new()), 2)]), r#"{"":2,"Oslo":1}"#);
    both(BTreeMap::from([('a', 1)]), r#"{"a":1}"#);
    both(BTreeMap::<String, u8>::new(), "{}");
    both(vec![Shape::Point, Shape::Circle(1)], r#"["Point",{"Circle":1}]"#);
    both(vec![Shape::Line(1, 2), Shape::Square { side: 3 }], r#"[{"Line":[1,2]},{"Square":{"side":3}}]"#);
}

#[test]
fn d_03_all_else_has_a_tag() {
    both(u64::MAX, r#"{"$int":"0xffffffffffffffff"}"#);
    both(i128::from(i64::MIN) - 1, r#"{"$int":"-0x8000000000000001"}"#);
    both(i128::MIN, r#"{"$int":"-0x80000000000000000000000000000000"}"#);
    both(u128::MAX, r#"{"$int":"0xffffffffffffffffffffffffffffffff"}"#);
    both(vec![f64::INFINITY, f64::NEG_INFINITY], r#"[{"$float":"inf"},{"$float":"-inf"}]"#);
    assert_eq!(text(&f32::NAN), r#"{"$float":"nan"}"#);
    assert!(read::<f32>(r#"{"$float":"nan"}"#).is_nan());
    both(vec![0_u8, 255], r#"{"$bytes":"AP8="}"#);
    both(BTreeMap::from([(1, 'a'), (2, 'b')]), r#"{"$dict":[[1,"a"],[2,"b"]]}"#);
    both(BTreeMap::from([((1, 2), BTreeMap::from([(true, 'a')]))]), r#"{"$dict":[[[1,2],{"$dict":[[true,"a"]]}]]}"#);
    both(BTreeMap::from([(Shape::Point, 1), (Shape::Circle(1), 2)]), r#"{"$dict":[["Point",1],[{"Circle":1},2]]}"#);
}

#[test]
fn d_03_keys_that_look_like_tags_are_escaped() {
    let keys = ["$", "$int", "a"].map(|key| (key.to_owned(), "0x1".to_owned()));
    both(BTreeMap::from(keys), r#"{"$dict":[["$","0x1"],["$int","0x1"],["a","0x1"]]}"#);
    both(BTreeMap::from([("a$".to_owned(), 1)]), r#"{"a$":1}"#);
    let schema = Schema { title: "a,b".to_owned(), reference: "c".to_owned(), last: 1 };
    both(schema, r#"{"$dict":[["title","a,b"],["$ref","c"],["last",1]]}"#);
    both(vec![Shape::Odd(1)], r#"[{"$dict":[["$int",1]]}]"#);
    both(vec![Shape::Odder { side: 1 }, Shape::Point], r#"[{"$dict":[["$odd",{"side":1}]]},"Point"]"#);
    both(
        json!({"$bytes": "no", "x": {"$tuple": [1]}}),
        r#"{"$dict":[["$bytes","no"],["x",{"$dict":[["$tuple",[1]]]}]]}"#,
    );
}

#[test]
fn d_03_something_does_not_come_back_as_nothing() {
    both(vec![None, Some(()), None], r#"[null,{"$some":null},null]"#);
    both(vec![None, Some(None), Some(Some(1))], r#"[null,{"$some":null},1]"#);
    both(vec![Some(None), Some(Some(None)), Some(Some(Some(1)))], r#"[{"$some":null},{"$some":{"$some":null}},1]"#);
    both(Some(json!(null)), r#"{"$some":null}"#);
}

#[test]
fn d_03_what_refers_to_something_for_ever_comes_back() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Label {
        text: &'static str,
        path: Option<&'static std::path::Path>,
    }

    both("text", "\"text\"");
    both(Label { text: "a", path: Some(std::path::Path::new("b")) }, r#"{"text":"a","path":"b"}"#);
    let bytes: &'static [u8] = &[1, 2];
    both(bytes, "[1,2]");
    // What is read twice is kept once.
    assert!(std::ptr::eq(read::<&str>("\"once\""), read::<&str>("\"once\"")));
    assert!(std::ptr::eq(read::<&[u8]>("[1,2]"), read::<&[u8]>(r#"{"$bytes":"AQI="}"#)));
}

/// Deserializers that look at a value before they know its type.
#[test]
fn d_03_tags_are_understood_by_types_that_look_ahead() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Any {
        Int(u64),
        Float(f64),
        Option(Option<Option<u8>>),
        Map(BTreeMap<u8, String>),
        Other { value: f64 },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Any { any: Any, infinite: f64 },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        name: String,
        #[serde(flatten)]
        rest: BTreeMap<String, f64>,
    }

    both(vec![Any::Int(u64::MAX), Any::Int(1)], r#"[{"$int":"0xffffffffffffffff"},1]"#);
    both(vec![Any::Float(f64::INFINITY), Any::Float(1.0)], r#"[{"$float":"inf"},1.0]"#);
    both(Any::Option(Some(None)), r#"{"$some":null}"#);
    both(Any::Map(BTreeMap::from([(1, "a".to_owned())])), r#"{"$dict":[[1,"a"]]}"#);
    both(Any::Other { value: f64::NEG_INFINITY }, r#"{"value":{"$float":"-inf"}}"#);
    let tagged = Tagged::Any { any: Any::Map(BTreeMap::from([(1, "a".to_owned())])), infinite: f64::INFINITY };
    both(tagged, r#"{"kind":"Any","any":{"$dict":[[1,"a"]]},"infinite":{"$float":"inf"}}"#);
    let rest = BTreeMap::from([("$x".to_owned(), f64::INFINITY)]);
    both(Flat { name: "n".to_owned(), rest }, r#"{"$dict":[["name","n"],["$x",{"$float":"inf"}]]}"#);
    both(json!({"a": [1, -1, u64::MAX, 0.5, null, "t"]}), r#"{"a":[1,-1,{"$int":"0xffffffffffffffff"},0.5,null,"t"]}"#);
}

#[test]
fn d_03_what_python_writes_is_read_as_what_rust_has_for_it() {
    assert_eq!(read::<(u8, String)>(r#"{"$tuple":[1,"a"]}"#), (1, "a".to_owned()));
    assert_eq!(read::<BTreeSet<u8>>(r#"{"$set":[2,1]}"#), BTreeSet::from([1, 2]));
    assert_eq!(read::<Vec<u8>>(r#"{"$bytes":"AP8="}"#), [0, 255]);
    assert_eq!(read::<Vec<u8>>("[0,255]"), [0, 255]);
    assert_eq!(read::<String>(r#"{"$datetime":"2026-11-24T12:00:00+00:00","fold":1}"#), "2026-11-24T12:00:00+00:00");
    assert_eq!(read::<(i64, i64, i64)>(r#"{"$timedelta":[1,2,3]}"#), (1, 2, 3));
    assert_eq!(read::<Shape>(r#"{"$enum":"shapes:Shape","name":"Point"}"#), Shape::Point);
    let object = r#"{"$object":"weather:Report","fields":{"city":"Tokyo","days":[1.5]}}"#;
    assert_eq!(read::<Report>(object), Report { city: City("Tokyo".to_owned()), days: vec![Some(1.5)] });
    for written in [r#"{"$pickle":"AA=="}"#, r#"{"$codec":"frame","data":1}"#, r#"{"$int":"7"}"#, r#"{"$dict":[[1]]}"#]
    {
        let error = reading_fails::<serde_json::Value>(written);
        assert!(error.contains("in a form that Rust does not read"), "{error}");
    }
}

#[test]
fn d_03_a_value_that_cannot_be_stored_says_where_and_what_to_do() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Trip {
        stops: Vec<HashMap<String, Stop>>,
    }
    #[derive(Clone, Serialize, Deserialize)]
    enum Stop {
        At(std::time::SystemTime),
    }

    let mut trip = Trip::default();
    trip.stops.push(HashMap::new());
    let before = std::time::UNIX_EPOCH - std::time::Duration::from_secs(1);
    trip.stops.push(HashMap::from([("Oslo".to_owned(), Stop::At(before))]));
    let error = Codec::of::<Trip>().encode(&trip).unwrap_err();
    assert_eq!(error.path(), r#".stops[1]["Oslo"].At"#);
    assert_eq!(
        error.to_string(),
        "a `codec::d_03_a_value_that_cannot_be_stored_says_where_and_what_to_do::Trip` cannot be stored: \
         at `.stops[1][\"Oslo\"].At`: SystemTime must be later than UNIX_EPOCH\n  \
         hint: let the type's `Serialize` write that part in another form (`#[serde(with = \"…\")]`), \
         or leave it out (`#[serde(skip)]`)"
    );
}

#[test]
fn d_03_a_text_that_cannot_be_read_says_where_and_what_to_do() {
    assert_eq!(
        reading_fails::<Report>(r#"{"city":"Tokyo","days":[1.0,"warm"]}"#),
        "a `codec::Report` cannot be read from the store: at `[\"days\"][1]`: invalid type: string \"warm\", expected f32\n  \
         hint: a type reads what it has written before: give what is new a default (`#[serde(default)]`), \
         and what has another name now its old one (`#[serde(alias = \"…\")]`)"
    );
    let error = reading_fails::<Vec<Report>>(r#"[{"city":"Tokyo"}]"#);
    assert!(error.contains("at `[0]`: missing field `days`"), "{error}");
    let error = reading_fails::<Pair>("[1,2,3]");
    assert!(error.contains("invalid length 3, expected 2 elements"), "{error}");
    let error = reading_fails::<u8>(r#"{"$int":"0x100000000000000000"}"#);
    assert!(error.contains("expected u8"), "{error}");
    let error = reading_fails::<u8>("1 2");
    assert!(error.contains("trailing characters"), "{error}");
}

#[test]
fn d_03_deep_values_are_refused_when_they_are_written() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Link(BTreeMap<u8, Self>);

    let chain = |length| (1..length).fold(Link(BTreeMap::new()), |link, _| Link(BTreeMap::from([(1, link)])));
    let deepest = chain(128);
    assert_eq!(read::<Link>(&text(&deepest)), deepest);
    let error = Codec::of::<Link>().encode(&chain(129)).unwrap_err().to_string();
    assert!(error.contains("it has more than 128 levels\n  hint: write a flat form"), "{error}");
    let error = reading_fails::<serde_json::Value>(&"[".repeat(1_000_000));
    assert!(error.contains("more levels than any value that is stored"), "{error}");
}

#[test]
fn d_03_the_list_of_a_map_is_stored_by_the_codec_of_its_elements() {
    let codec = Codec::of::<Shape>();
    let list = vec![Shape::Point, Shape::Circle(1)];
    let text = codec.encode_list(&list).unwrap();
    assert_eq!(text, r#"["Point",{"Circle":1}]"#);
    assert_eq!(codec.decode_list(&text).unwrap().downcast_ref::<Vec<Shape>>(), Some(&list));
    assert_eq!(codec.encode_list(&Vec::<Shape>::new()).unwrap(), "[]");
    let error = codec.decode_list(r#"["Point","Cube"]"#).unwrap_err().to_string();
    assert!(error.starts_with("a `Vec<codec::Shape>` cannot be read from the store: at `[1]`: "), "{error}");
    let error = codec.decode_list("1").unwrap_err().to_string();
    assert!(error.contains("it is no list"), "{error}");
}

/// A program may have `serde_json` keep all digits of its numbers, which it then gives in a form of its own.
#[test]
fn d_03_numbers_with_all_their_digits_are_plain_where_that_loses_none() {
    #[derive(Clone, Serialize, Deserialize)]
    struct Number {
        #[serde(rename = "$serde_json::private::Number")]
        digits: String,
    }

    let written = |digits: &str| text(&Number { digits: digits.to_owned() });
    assert_eq!(written("7"), "7");
    assert_eq!(written("-0.5"), "-0.5");
    assert_eq!(written("18446744073709551615"), r#"{"$int":"0xffffffffffffffff"}"#);
    let longer = "0.10000000000000000000000001";
    assert_eq!(written(longer), format!(r#"{{"$dict":[["$serde_json::private::Number","{longer}"]]}}"#));
    assert_eq!(read::<u8>(r#"{"$serde_json::private::Number":"7"}"#), 7);
}

#[test]
fn d_03_raw_json_comes_back() {
    let raw = serde_json::value::RawValue::from_string(r#"{"a": 1}"#.to_owned()).unwrap();
    assert_eq!(read::<Box<serde_json::value::RawValue>>(&text(&raw)).get(), raw.get());
}

/// So that equal arguments have equal digests in each process.
#[test]
fn d_02_the_order_of_a_hash_map_does_not_count() {
    let map = |keys: [i64; 3]| keys.into_iter().map(|key| (key, vec![Some(key.to_string()), None])).collect();
    let texts = (0..20).map(|_| text::<HashMap<i64, Vec<Option<String>>>>(&map([1, 10, 2])));
    let canonical: BTreeSet<String> = texts.map(|text| canonical(&text).unwrap()).collect();
    let expected = r#"{"$dict":[[1,["1",null]],[10,["10",null]],[2,["2",null]]]}"#;
    assert_eq!(canonical, BTreeSet::from([expected.to_owned()]));
}

#[test]
fn a_codec_refuses_values_of_other_types() {
    let error = Codec::of::<u8>().encode(&1_u16).unwrap_err().to_string();
    assert!(error.starts_with("a `u8` cannot be stored: the value is of another type"), "{error}");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Number(i128, u128),
    Float(f64),
    Text(char, String),
    Maybe(Option<Option<Box<Self>>>),
    Branch { children: Vec<Self>, by_number: BTreeMap<i16, Self>, by_text: BTreeMap<String, Self> },
}

fn tree() -> impl Strategy<Value = Tree> {
    let float = any::<f64>().prop_filter("it equals itself", |float| !float.is_nan());
    let leaf = prop_oneof![
        Just(Tree::Leaf),
        any::<(i128, u128)>().prop_map(|(signed, unsigned)| Tree::Number(signed, unsigned)),
        any::<(i64, u64)>().prop_map(|(signed, unsigned)| Tree::Number(signed.into(), unsigned.into())),
        float.prop_map(Tree::Float),
        any::<(char, String)>().prop_map(|(letter, text)| Tree::Text(letter, text)),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let maps = (
            prop::collection::vec(inner.clone(), 0..4),
            prop::collection::btree_map(any::<i16>(), inner.clone(), 0..4),
            prop::collection::btree_map("[$a\"\\\\,]{0,3}", inner.clone(), 0..4),
        );
        prop_oneof![
            prop::option::of(prop::option::of(inner.prop_map(Box::new))).prop_map(Tree::Maybe),
            maps.prop_map(|(children, by_number, by_text)| Tree::Branch { children, by_number, by_text }),
        ]
    })
}

proptest! {
    #[test]
    fn d_03_every_value_comes_back(value in tree()) {
        let text = text(&value);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        prop_assert_eq!(read::<Tree>(&text), value.clone());
        prop_assert_eq!(read::<Tree>(&canonical(&text).unwrap()), value);
    }

    #[test]
    fn d_03_floats_come_back_bit_by_bit(double in any::<u64>(), single in any::<u32>()) {
        let (double, single) = (f64::from_bits(double), f32::from_bits(single));
        prop_assume!(!double.is_nan() && !single.is_nan());
        prop_assert_eq!(read::<f64>(&text(&double)).to_bits(), double.to_bits());
        prop_assert_eq!(read::<f32>(&text(&single)).to_bits(), single.to_bits());
        let text = text(&double);
        prop_assert!(!double.is_finite() || text.contains(['.', 'e']), "{text}");
    }

    #[test]
    fn d_03_bytes_come_back(bytes: Vec<u8>) {
        prop_assert_eq!(read::<Vec<u8>>(&text(&bytes)), bytes);
    }

    #[test]
    fn d_03_any_text_is_read_or_refused(text in r#"([\[\]{}:,0-9]|"|\$|"\$(int|some|dict|bytes|tuple)":){0,20}"#) {
        let _ = Codec::of::<Tree>().decode(&text);
        let _ = Codec::of::<serde_json::Value>().decode(&text);
    }
}
