//! OPC UA addresses, values and writes, without a socket. The task is tested against a real peer in `tests/peers.rs`.

use super::address::Address;
use super::config::{self, Config, Mode, Security};
use super::limits::Limits;
use super::session::choose;
use super::trust;
use super::wire::{Arguments, Decoder, Encoder, Names, Outgoing};
use act::Sink;
use collect::{Delivery, Place, RawValue, Source};
use measure::Instant;
use opcua::types::{
    ByteString, DataValue, DateTime, EndpointDescription, LocalizedText, MessageSecurityMode, MonitoredItemNotification,
    NumericRange, StatusCode, UAString, UserTokenPolicy, UserTokenType, Variant, VariantScalarTypeId as Type,
};
use plant::{ChannelId, CommandValue, Quality, RefusalReason, SourceId};
use proptest::prelude::*;

fn config(nodes: &[&str]) -> Config {
    let mut config = Config::at("opc.tcp://127.0.0.1:4840").expect("an endpoint");
    config.channels = nodes.iter().zip(0..).map(|(n, i)| (ChannelId(i), n.parse().unwrap_or_else(|e| panic!("{e}")))).collect();
    config
}

fn sent(value: impl Into<Variant>) -> DataValue {
    DataValue { value: Some(value.into()), ..DataValue::null() }
}

fn decode(decoder: &mut Decoder, handle: u32, value: DataValue) -> Delivery {
    decoder.decode(vec![item(handle, value)], Instant::from_seconds(9))
}

fn item(client_handle: u32, value: DataValue) -> MonitoredItemNotification {
    MonitoredItemNotification { client_handle, value }
}

/// A decoder that has heard a value of a type from each channel.
fn knowing(config: &Config, kinds: &[Option<Type>]) -> Decoder {
    let mut decoder = Decoder::new(SourceId(0), config);
    for (handle, kind) in (1..).zip(kinds) {
        if let Some(kind) = kind {
            let value = match kind {
                Type::String => Variant::from("word"),
                kind => Variant::from(1_i32).cast(*kind),
            };
            assert_eq!(decode(&mut decoder, handle, sent(value)).readings.len(), 1, "{kind}");
        }
    }
    decoder
}

fn written(config: &Config, decoder: &Decoder, value: &CommandValue) -> Result<Variant, String> {
    let none = Arguments::new();
    match Encoder::new(config, decoder, &none).encode(ChannelId(0), value).map_err(|e| e.to_string())? {
        Outgoing::Write(write) => Ok(write.value.value.expect("a value")),
        Outgoing::Call(call) => panic!("{call:?}"),
    }
}

#[test]
fn addresses_are_read_and_written_the_same() {
    let texts = [
        "ns=2;s=mill-1.state",
        "ns=2;i=1042",
        "i=2258",
        "ns=3;s=a;b=c/d",
        "ns=3;s=\"DB\".\"speeds\"[3]",
        "ns=2;s=axis#/position/2/x",
        "ns=2;s=a#b#/one~1two",
        "call:ns=2;s=mill-1/ns=2;s=start",
        "call:ns=2;s=a/b/i=7",
    ];
    for text in texts {
        assert_eq!(text.parse::<Address>().expect(text).to_string(), text);
    }
}

#[test]
fn a_bad_address_is_answered_with_a_sentence() {
    let allowed = "a node id such as ns=2;s=mill-1.state or ns=2;i=1042, with a way into its value such as \
         ns=2;s=mill-1.axis#/position/2, or a method such as call:ns=2;s=mill-1/ns=2;s=start";
    let table = [
        ("", "it cannot be read"),
        ("mill-1.state", "it cannot be read"),
        ("ns=x;s=a", "it cannot be read"),
        ("ns=70000;s=a", "it cannot be read"),
        ("i=0", "it cannot be read"),
        ("ns=2;i=abc", "it cannot be read"),
        ("ns=2;s=a#/", "its way into the value has an empty step"),
        ("ns=2;s=a#/b//c", "its way into the value has an empty step"),
        ("call:ns=2;s=a", "it does not name an object and a method"),
        ("call:i=0/i=7", "it does not name an object and a method"),
    ];
    for (text, trouble) in table {
        let error = text.parse::<Address>().expect_err(text).to_string();
        assert_eq!(error, format!("`{text}` is no OPC UA node id: {trouble}; allowed is {allowed}"));
    }
    let table = [
        ("http://host:4840", "it does not start with opc.tcp://"),
        ("opc.tcp://host", "it has no port"),
        ("opc.tcp://host:x/path", "its port is not a number from 1 to 65535"),
        ("opc.tcp://:4840", "its host is not a name or an address"),
    ];
    for (text, trouble) in table {
        let error = Config::at(text).expect_err(text).to_string();
        let allowed = "opc.tcp://host:port, such as opc.tcp://127.0.0.1:4840";
        assert_eq!(error, format!("`{text}` is no OPC UA endpoint: {trouble}; allowed is {allowed}"));
    }
}

#[test]
fn values_keep_their_time_and_quality() {
    let at: Instant = "2026-03-02T06:00:00.250Z".parse().expect("an instant");
    let stamp = DateTime::parse_from_rfc3339("2026-03-02T06:00:00.250Z").expect("a time");
    let mut decoder = Decoder::new(SourceId(4), &config(&["ns=2;s=a", "ns=2;s=b"]));
    for (status, quality) in [
        (None, Quality::Good),
        (Some(StatusCode::Good), Quality::Good),
        (Some(StatusCode::GoodClamped), Quality::Good),
        (Some(StatusCode::UncertainLastUsableValue), Quality::Uncertain),
        (Some(StatusCode::BadSensorFailure), Quality::Bad),
    ] {
        let value = DataValue { status, source_timestamp: Some(stamp), ..sent(7_i32) };
        let delivery = decode(&mut decoder, 2, value);
        let reading = &delivery.readings[0];
        assert_eq!((&reading.place, reading.at, reading.quality), (&Place::Channel(ChannelId(1)), Some(at), quality));
        assert_eq!((&reading.value, delivery.from), (&RawValue::Number(7.0), SourceId(4)));
    }
    assert_eq!(decode(&mut decoder, 1, sent("run")).readings[0].value, RawValue::Text("run".to_owned()));
    assert_eq!(decode(&mut decoder, 1, sent("run")).readings[0].at, None);
}

#[test]
fn bad_values_are_refused_with_the_place() {
    let no = "a number, a text or a Boolean, single";
    let table: [(DataValue, &str, &str, RefusalReason); 4] = [
        (sent(vec![1.0, 2.0]), "an array of Double", no, RefusalReason::WrongType),
        (sent(ByteString::from(vec![1])), "ByteString", no, RefusalReason::WrongType),
        (sent(DateTime::epoch()), "DateTime", no, RefusalReason::WrongType),
        (
            DataValue { value: None, status: Some(StatusCode::BadNotConnected), ..DataValue::null() },
            "no value, status BadNotConnected",
            "a number, a text or a Boolean",
            RefusalReason::Malformed,
        ),
    ];
    for (value, found, allowed, reason) in table {
        let delivery = decode(&mut Decoder::new(SourceId(0), &config(&["ns=2;s=a"])), 1, value);
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 1), "{found}");
        let refused = &delivery.refused[0];
        assert_eq!((refused.place.as_str(), refused.found.as_str()), ("ns=2;s=a", found));
        assert_eq!((refused.allowed.as_str(), refused.reason), (allowed, reason));
    }
}

#[test]
fn a_null_is_no_value() {
    let mut decoder = Decoder::new(SourceId(0), &config(&["ns=2;s=a"]));
    let waits = DataValue { value: None, status: Some(StatusCode::BadWaitingForInitialData), ..DataValue::null() };
    for value in [sent(Variant::Empty), DataValue::null(), waits] {
        let delivery = decode(&mut decoder, 1, value);
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 0));
    }
}

#[test]
fn a_change_of_type_is_refused_until_a_new_session() {
    let mut decoder = Decoder::new(SourceId(0), &config(&["ns=2;s=a"]));
    assert_eq!(decode(&mut decoder, 1, sent(7.5)).readings.len(), 1);
    let delivery = decode(&mut decoder, 1, sent("seven"));
    let refused = &delivery.refused[0];
    assert_eq!((refused.found.as_str(), refused.reason), ("String `seven`", RefusalReason::WrongType));
    assert_eq!(refused.allowed, "Double, as the node sent first");
    assert_eq!(decode(&mut decoder, 1, sent(7_i32)).refused[0].found, "Int32 7");
    decoder.forget();
    assert_eq!(decode(&mut decoder, 1, sent(7_i32)).readings.len(), 1);
}

#[test]
fn a_node_that_is_not_monitored_is_named() {
    let decoder = Decoder::new(SourceId(0), &config(&["ns=2;s=gone"]));
    let refused = decoder.unmonitored(1, StatusCode::BadNodeIdUnknown, Instant::EPOCH).remove(0);
    assert_eq!((refused.place.as_str(), refused.found.as_str()), ("ns=2;s=gone", "BadNodeIdUnknown"));
    assert_eq!(refused.reason, RefusalReason::UnknownChannel);
}

#[test]
fn writes_take_the_type_of_the_node_or_are_refused() {
    let config = config(&["ns=2;s=a"]);
    let write = |kind: Option<Type>, value: CommandValue| written(&config, &knowing(&config, &[kind]), &value);
    let word = |w: &str| CommandValue::Word(w.to_owned());
    assert_eq!(write(None, CommandValue::Number(95.0)), Ok(Variant::Double(95.0)));
    assert_eq!(write(None, word("ready")), Ok(Variant::from("ready")));
    assert_eq!(write(Some(Type::Int16), CommandValue::Number(-7.4)), Ok(Variant::Int16(-7)));
    assert_eq!(write(Some(Type::Float), CommandValue::Number(0.5)), Ok(Variant::Float(0.5)));
    assert_eq!(write(Some(Type::Boolean), CommandValue::Number(1.0)), Ok(Variant::Boolean(true)));
    let table = [
        (Type::Byte, CommandValue::Number(300.0), "ns=2;s=a cannot hold 3e2, allowed is 0e0 to 2.55e2 (Byte)"),
        (Type::Int16, CommandValue::Number(f64::NAN), "ns=2;s=a cannot hold NaN, allowed is -3.2768e4 to 3.2767e4 (Int16)"),
        (Type::String, CommandValue::Number(3.0), "ns=2;s=a takes values of type String, found 3"),
        (Type::Double, word("on"), "ns=2;s=a takes values of type Double, found `on`"),
    ];
    for (kind, value, sentence) in table {
        assert_eq!(write(Some(kind), value), Err(sentence.to_owned()));
    }
}

#[test]
fn the_encoder_conforms() {
    let config = config(&["ns=2;s=a", "ns=2;s=b"]);
    let (decoder, none) = (knowing(&config, &[Some(Type::Double), Some(Type::String)]), Arguments::new());
    let bench =
        act::suite::Bench { number: Some((ChannelId(0), 95.5)), word: Some((ChannelId(1), "standby")), unknown: ChannelId(77) };
    act::suite::check(&Encoder::new(&config, &decoder, &none), bench);
}

#[test]
fn channels_look_into_one_node_and_each_gets_its_part() {
    let mut decoder =
        Decoder::new(SourceId(0), &config(&["ns=2;s=a#/0", "ns=2;s=b", "ns=2;s=a#/2", "ns=2;s=a#/7", "ns=2;s=a#/x"]));
    assert_eq!(decoder.items().len(), 2, "a node is monitored once");
    assert!(decoder.looks_into_structures());
    let delivery = decode(&mut decoder, 1, sent(vec![1.5, 2.5, 3.5]));
    let got: Vec<_> = delivery.readings.iter().map(|r| (r.place.clone(), r.value.clone())).collect();
    let channel = |id, number| (Place::Channel(ChannelId(id)), RawValue::Number(number));
    assert_eq!(got, [channel(0, 1.5), channel(2, 3.5)]);
    let refused: Vec<_> = delivery.refused.iter().map(|r| (r.place.as_str(), r.found.as_str(), r.allowed.as_str())).collect();
    assert_eq!(
        refused,
        [
            ("ns=2;s=a#/7", "an array of 3 elements", "element 7"),
            ("ns=2;s=a#/x", "an array of Double", "a structure with member `x`")
        ]
    );
    assert_eq!(decode(&mut decoder, 1, sent(4.0)).refused[0].allowed, "an array with element 0");
}

#[test]
fn an_enumeration_speaks_and_takes_words() {
    let config = config(&["ns=2;s=a"]);
    let mut decoder = Decoder::new(SourceId(0), &config);
    decoder.name(0, Some(Names::from([(0, "off".to_owned()), (4, "run".to_owned())])));
    assert_eq!(decode(&mut decoder, 1, sent(4_i32)).readings[0].value, RawValue::Text("run".to_owned()));
    let refused = decode(&mut decoder, 1, sent(5_i32)).refused.remove(0);
    assert_eq!((refused.found.as_str(), refused.allowed.as_str()), ("code 5", "0=off, 4=run"));
    assert_eq!(refused.reason, RefusalReason::UnknownState);
    let word = |word: &str| CommandValue::Word(word.to_owned());
    assert_eq!(written(&config, &decoder, &word("off")), Ok(Variant::Int32(0)));
    let refusal = written(&config, &decoder, &word("on"));
    assert_eq!(refusal, Err("ns=2;s=a takes off, run, found `on`".to_owned()));
}

#[test]
fn an_element_is_written_by_its_index_and_a_member_not_at_all() {
    let config = config(&["ns=2;s=a#/3", "ns=2;s=a#/x"]);
    let (decoder, none) = (Decoder::new(SourceId(0), &config), Arguments::new());
    let encoder = Encoder::new(&config, &decoder, &none);
    let Ok(Outgoing::Write(write)) = encoder.encode(ChannelId(0), &CommandValue::Number(2.5)) else { panic!("a write") };
    assert_eq!(write.index_range, NumericRange::Index(3));
    assert_eq!(write.value.value, Some(Variant::from(vec![2.5])));
    let refusal = encoder.encode(ChannelId(1), &CommandValue::Number(2.5)).expect_err("a part");
    assert_eq!(refusal.to_string(), "ns=2;s=a#/x takes no writes (it is a part of a structure), found 2.5");
}

#[test]
fn a_method_gets_the_value_as_its_argument() {
    let config = config(&["call:ns=2;s=mill/ns=2;s=start"]);
    let decoder = Decoder::new(SourceId(0), &config);
    assert!(decoder.items().is_empty(), "a method has no value");
    let method = "ns=2;s=start".parse().expect("a node id");
    let call = |takes: Vec<Type>, value: CommandValue| {
        let arguments = Arguments::from([(opcua::types::NodeId::clone(&method), takes)]);
        match Encoder::new(&config, &decoder, &arguments).encode(ChannelId(0), &value) {
            Ok(Outgoing::Call(call)) => Ok(call.input_arguments.unwrap_or_default()),
            Ok(Outgoing::Write(write)) => panic!("{write:?}"),
            Err(refusal) => Err(refusal.to_string()),
        }
    };
    assert_eq!(call(vec![Type::UInt16], CommandValue::Number(7.0)), Ok(vec![Variant::UInt16(7)]));
    assert_eq!(call(vec![Type::String], CommandValue::Word("x".to_owned())), Ok(vec![Variant::from("x")]));
    assert_eq!(call(vec![], CommandValue::Number(1.0)), Ok(vec![]));
    let place = "call:ns=2;s=mill/ns=2;s=start takes";
    assert_eq!(call(vec![], CommandValue::Number(2.0)), Err(format!("{place} 1 (the method takes no argument), found 2")));
    let two = call(vec![Type::Double, Type::Double], CommandValue::Number(2.0));
    assert_eq!(two, Err(format!("{place} no calls (the method takes 2 arguments, a command brings one), found 2")));
}

fn endpoint(policy: &str, mode: MessageSecurityMode, level: u8, tokens: &[UserTokenType]) -> EndpointDescription {
    let tokens =
        tokens.iter().map(|token_type| UserTokenPolicy { token_type: *token_type, ..UserTokenPolicy::default() }).collect();
    EndpointDescription {
        endpoint_url: "opc.tcp://inner-name:4840/server/".into(),
        security_policy_uri: format!("http://opcfoundation.org/UA/SecurityPolicy#{policy}").into(),
        security_mode: mode,
        security_level: level,
        user_identity_tokens: Some(tokens),
        ..EndpointDescription::default()
    }
}

#[test]
fn an_endpoint_is_chosen_as_wished_for_or_what_there_is_is_told() {
    use MessageSecurityMode::{None as Open, Sign, SignAndEncrypt};
    let (any, name) = ([UserTokenType::Anonymous, UserTokenType::UserName], [UserTokenType::UserName]);
    let offered = [
        endpoint("None", Open, 200, &any), // whatever level it claims
        endpoint("Basic128Rsa15", SignAndEncrypt, 150, &any),
        endpoint("Basic256Sha256", Sign, 100, &any),
        endpoint("Basic256Sha256", SignAndEncrypt, 110, &any),
        endpoint("Aes256_Sha256_RsaPss", SignAndEncrypt, 120, &name),
    ];
    let wish = |security, mode, named: bool| {
        let mut config = Config::at("opc.tcp://10.0.0.7:14840/discovery").expect("an endpoint");
        (config.security, config.mode) = (security, mode);
        config.credentials = named.then(|| crate::Credentials { name: "ada".to_owned(), password: String::new() });
        choose(&offered, &config).map(|e| (e.security_level, e.endpoint_url.as_ref().to_owned()))
    };
    let (sign, both) = (Mode::Sign, Mode::SignAndEncrypt);
    let at = |level| Ok((level, "opc.tcp://10.0.0.7:14840/server/".to_owned()));
    assert_eq!(wish(Security::None, both, false), at(200));
    assert_eq!(wish(Security::Best, both, false), at(110), "the best that takes us, never none");
    assert_eq!(wish(Security::Best, both, true), at(120));
    assert_eq!(wish(Security::Best, sign, true), at(100));
    assert_eq!(wish(Security::Basic256Sha256, sign, false), at(100));
    let offers = "it offers aes256-sha256-rsapss sign_and_encrypt (name); basic256sha256 sign (no name, name); \
         basic256sha256 sign_and_encrypt (no name, name); \
         http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15 sign_and_encrypt (no name, name); none (no name, name)";
    let none = "the server offers no endpoint with security aes128-sha256-rsaoaep sign_and_encrypt (no name)";
    assert_eq!(wish(Security::Aes128Sha256RsaOaep, both, false), Err(format!("{none}; {offers}")));
}

#[test]
fn a_thumbprint_is_read_as_people_write_it() {
    let digits = "00112233445566778899aabbccddeeff00112233";
    let colons = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33";
    assert_eq!(config::thumbprint(colons), Ok(digits.to_owned()));
    let table = [("0011", "it has 4 digits"), ("xyz", "`x` is no hex digit")];
    for (text, trouble) in table {
        let allowed = "the 40 hex digits of the certificate's SHA-1 thumbprint";
        let error = config::thumbprint(text).expect_err(text).to_string();
        assert_eq!(error, format!("`{text}` is no thumbprint: {trouble}; allowed is {allowed}"));
    }
}

#[test]
fn limits_are_the_servers_or_ours_whichever_is_less() {
    let own = Limits::own();
    assert_eq!(Limits::told([None, Some(0.0), Some(-1.0), Some(1e12), None]), own, "0 is no limit");
    let told = Limits::told([Some(10.0), Some(20.0), Some(30.0), Some(40.0), Some(50.0)]);
    assert_eq!(told, Limits { read: 10, browse: 20, translate: 30, items: 40, items_of_subscription: 50 });
}

#[test]
fn a_server_is_trusted_by_its_certificate_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mine = folder.path().to_owned();
    trust::ensure_own(&mine).expect("made");
    trust::ensure_own(&mine).expect("found again");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::metadata(mine.join("private")).expect("made").permissions().mode();
        assert_eq!(private & 0o077, 0, "nobody else may enter");
    }
    let der = std::fs::read(mine.join(trust::OWN_CERTIFICATE)).expect("made");
    let sent = ByteString::from(der.clone());
    let refusal = trust::check_server(&mine, &sent, None).expect_err("nobody knows it");
    let print = refusal.split("server_thumbprint = \"").nth(1).expect("the thumbprint is told").trim_end_matches('"').to_owned();
    let name = format!("CN=Socium [{print}].der");
    assert_eq!(
        refusal,
        format!(
            "the server's certificate `Socium` (thumbprint {print}) is not trusted; to trust it, move `{}` to `{}`, or set \
             server_thumbprint = \"{print}\"",
            mine.join("rejected").join(&name).display(),
            mine.join("trusted").display()
        )
    );
    std::fs::rename(mine.join("rejected").join(&name), mine.join("trusted").join("the-mill.der")).expect("moved");
    assert_eq!(trust::check_server(&mine, &sent, None), Ok(()), "under any name");
    assert_eq!(trust::check_server(&mine, &sent, Some(&print.to_uppercase())), Ok(()));
    let other = "00112233445566778899aabbccddeeff00112233";
    let refusal = trust::check_server(&mine, &sent, Some(other)).expect_err("another is wanted");
    assert!(refusal.ends_with(&format!("is not the one that server_thumbprint names, {other}")), "{refusal}");
    let refusal = trust::check_server(&mine, &ByteString::from(der[..50].to_vec()), None).expect_err("cut");
    assert!(refusal.starts_with("the server's certificate cannot be read: "), "{refusal}");
}

fn variant() -> impl Strategy<Value = Variant> {
    prop_oneof![
        any::<f64>().prop_map(Variant::from),
        any::<f32>().prop_map(Variant::from),
        any::<i64>().prop_map(Variant::from),
        any::<u64>().prop_map(Variant::from),
        any::<i8>().prop_map(Variant::from),
        any::<bool>().prop_map(Variant::from),
        ".{0,300}".prop_map(|text| Variant::from(text.as_str())),
        Just(Variant::from(UAString::null())),
        Just(Variant::Empty),
        Just(Variant::from(LocalizedText::null())),
        proptest::collection::vec(any::<i32>(), 0..4).prop_map(Variant::from),
        proptest::collection::vec(any::<u8>(), 0..4).prop_map(|bytes| Variant::from(ByteString::from(bytes))),
        any::<i64>().prop_map(|ticks| Variant::from(DateTime::from(ticks))),
    ]
}

proptest! {
    #[test]
    fn any_notification_gives_one_entry_a_value_and_never_panics(
        values in proptest::collection::vec((0..5_u32, variant(), any::<u32>(), any::<i64>()), 0..30),
    ) {
        let mut decoder = Decoder::new(SourceId(1), &config(&["ns=2;s=a", "ns=2;s=b", "ns=2;i=3"]));
        let notification: Vec<_> = values.into_iter().map(|(handle, value, status, ticks)| {
            let status = Some(StatusCode::from(status));
            item(handle, DataValue { status, source_timestamp: Some(DateTime::from(ticks)), ..sent(value) })
        }).collect();
        let null = |v: &DataValue| v.value == Some(Variant::Empty) && !v.status.is_some_and(|s| s.is_bad());
        let wanted = notification.iter().filter(|item| !null(&item.value)).count();
        let delivery = decoder.decode(notification.clone(), Instant::EPOCH);
        prop_assert_eq!(delivery.readings.len() + delivery.refused.len(), wanted);
        let again = Decoder::new(SourceId(1), &config(&["ns=2;s=a", "ns=2;s=b", "ns=2;i=3"])).decode(notification, Instant::EPOCH);
        prop_assert_eq!(format!("{delivery:?}"), format!("{again:?}"));
    }

    #[test]
    fn any_number_is_written_as_the_type_or_refused(number in any::<f64>(), kind in 1..12_u32) {
        let config = config(&["ns=2;s=a"]);
        let kind = Type::try_from(kind).expect("a type");
        if let Ok(value) = written(&config, &knowing(&config, &[Some(kind)]), &CommandValue::Number(number)) {
            prop_assert_eq!(value.scalar_type_id(), Some(kind));
        }
    }
}

#[test]
fn the_decoder_conforms() {
    let config = config(&["ns=2;s=a", "ns=2;s=b"]);
    let messages = || {
        vec![
            (vec![item(1, sent(7.5)), item(2, sent("run"))], 2),
            (vec![item(1, sent("seven")), item(1, sent(f64::INFINITY)), item(9, sent(1.0))], 3),
            (vec![item(2, sent(vec![1.0]))], 1),
            (vec![item(2, sent(Variant::Empty))], 0), // a null is no value
            (vec![], 0),
        ]
    };
    let deliveries = collect::suite::check(|| Decoder::new(SourceId(1), &config), messages).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(deliveries.iter().map(|d| d.refused.len()).sum::<usize>(), 2);
}
