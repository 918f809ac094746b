//! Series, words and SQL.

use crate::fixture::{ALARM, GOOD, POWER, STATE, at, batch, channel, decision, finding, open, plant, rows, words};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use measure::Span;
use plant::{DecisionState, Quality, Window};
use store::{LastValue, SqlFormat, Store, StoreError, StoreLimits};

#[tokio::test(flavor = "multi_thread")]
async fn a_series_joins_hot_and_sealed_readings() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let plant = plant();
    let mut bad = batch(0, &[(POWER, 7, 1e9)]);
    bad.qualities[0] = Quality::Bad;
    store.append(Vec::new(), (0..10).map(|i| batch(0, &[(POWER, i, i as f64)])).collect()).await.expect("stored");
    store.append(Vec::new(), vec![bad, batch(1, &[(POWER, 3, 500.0)])]).await.expect("stored");
    store.seal(&plant, at(100)).await.expect("sealed");
    store.append(Vec::new(), (10..20).map(|i| batch(0, &[(POWER, i, i as f64)])).collect()).await.expect("stored");
    let buckets = store.series(&plant, channel(0, POWER), at(0), at(40), 8).await.expect("a series");
    let seen: Vec<_> = buckets.iter().map(|b| ((b.at - at(0)).seconds(), b.mean, b.low, b.high, b.count)).collect();
    assert_eq!(
        seen,
        [(0.0, 2.0, 0.0, 4.0, 5), (5.0, 7.0, 5.0, 9.0, 5), (10.0, 12.0, 10.0, 14.0, 5), (15.0, 17.0, 15.0, 19.0, 5)]
    );
    assert!(store.series(&plant, channel(0, POWER), at(0), at(0), 8).await.expect("nothing").is_empty());
    let wrong = store.series(&plant, channel(0, STATE), at(0), at(9), 8).await.expect_err("words have no mean");
    assert!(wrong.to_string().contains("ask for its words"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_states_the_changes_are_given_and_of_events_every_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let plant = plant();
    let state = |i: i64, word: f64| batch(0, &[(STATE, i, word), (ALARM, i, 2.0)]);
    store.append(words(0, &["running", "down", "E1"]), vec![state(1, 0.0), state(2, 0.0)]).await.expect("stored");
    store.seal(&plant, at(100)).await.expect("sealed");
    store.append(Vec::new(), vec![state(3, 0.0), state(4, 1.0)]).await.expect("stored");
    let states = store.words(&plant, channel(0, STATE), (at(0), at(9)), 100).await.expect("words");
    let seen: Vec<_> = states.iter().map(|(t, w)| (*t, w.as_ref())).collect();
    assert_eq!(seen, [(at(1), "running"), (at(4), "down")]);
    let events = store.words(&plant, channel(0, ALARM), (at(0), at(9)), 3).await.expect("words");
    assert_eq!(events.iter().map(|(t, _)| *t).collect::<Vec<_>>(), [at(2), at(3), at(4)], "the newest three");
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_sees_history_and_records() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 1, 5.0)]), batch(2, &[(POWER, 1, 9.0)])]).await.expect("stored");
    store.keep(vec![finding(1, 0), decision(1, DecisionState::Pending)]).await.expect("kept");
    assert_eq!(
        rows(
            &store,
            "select d.number, d.state, f.what, m.power from decisions d, findings f, milling m where m.machine = f.machine"
        )
        .await,
        r#"[1,"pending","idle_energy",5.0]"#
    );
    assert_eq!(rows(&store, "select power from milling union all select power from oven order by 1").await, "[5.0]\n[9.0]");
    assert!(rows(&store, "show tables").await.contains("milling"));
    assert!(rows(&store, "describe oven").await.contains("power"));
    let cut = store.sql("select * from (values (1), (2), (3)) t", 2).await.expect("rows");
    assert_eq!((cut.rows.len(), cut.cut), (2, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_as_deep_as_allowed_are_planned_and_deeper_ones_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 1, 1.0)])]).await.expect("stored");
    let chain = |part: &str, joint: &str, times: usize| vec![part; times].join(joint);
    let of = |what: String| format!("select count(*) from milling where {what}");
    let deep = [
        of(format!("{} > 0", chain("power", "+", 290))),
        of(format!("{} > 0", chain("1", "*", 290))),
        of(chain("power > 0", " and ", 150)),
        of(chain("machine like 'x'", " or ", 150)),
        format!("select {} from milling", chain("machine", "||", 290)),
        format!("select count(*) from ({})", chain("select 1", " union all ", 250)),
        format!("select {}power{} from milling", "abs(".repeat(40), ")".repeat(40)),
    ];
    for query in deep {
        let answer = store.sql(&query, 10).await;
        assert!(answer.is_ok(), "{}: {answer:?}", &query[..80]);
    }
    let joins = (0..120).map(|i| format!("milling m{i}")).collect::<Vec<_>>().join(" natural join ");
    let answer = store.sql(&format!("select count(*) from {joins}"), 10).await;
    assert!(!matches!(answer, Err(StoreError::Closed | StoreError::Slow(_))), "{answer:?}");
    let doubling: Vec<_> = (1..40).map(|i| format!("t{i} as (select * from t{0} union all select * from t{0})", i - 1)).collect();
    let heavy = [
        (of(format!("{} > 0", chain("power", "+", 310))), "allowed are 300"),
        (format!("select count(*) from ({})", chain("select at from milling", " union all ", 256)), "258 tables"),
        (format!("with t0 as (select 1), {} select count(*) from t39", doubling.join(", ")), "allowed are 256"),
        (
            format!(
                "with t0 as (select 1), {} select count(*) from t39",
                doubling.join(", ").replace("from t", "from \"t").replace(" union", "\" union").replace(")", "\")")
            ),
            "allowed are 256",
        ),
        (format!("select {}power{} from milling", "abs(".repeat(400), ")".repeat(400)), "nested too deeply"),
    ];
    for (query, sentence) in heavy {
        let said = store.sql(&query, 10).await.expect_err(sentence).to_string();
        assert!(said.contains(sentence), "{said}");
    }
    let nested = (0..20).fold("select 1".to_owned(), |inner, i| format!("with a{i} as ({inner}) select * from a{i}"));
    assert_eq!(rows(&store, &nested).await, "[1]", "parts within parts are counted once");
    let long = format!("select count(*) from milling where machine in ({})", chain("'mill'", ",", 5_000));
    assert_eq!(rows(&store, &long).await, "[0]", "a long list is no deep query");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_only_read_is_refused_with_a_sentence() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 1, 5.0)])]).await.expect("stored");
    let out = dir.path().join("out.csv");
    let copy = format!("copy milling to '{}' stored as csv", out.display());
    let refused = [
        ("drop table milling", "`DROP TABLE milling` is refused"),
        ("create table x as select 1", "`CREATE TABLE x` is refused"),
        ("create external table x stored as parquet location '/etc'", "`CREATE EXTERNAL TABLE` is refused"),
        ("insert into milling (power) values (1)", "`INSERT INTO milling` is refused"),
        ("update milling set power = 1", "`UPDATE milling SET` is refused"),
        ("delete from milling", "`DELETE FROM milling` is refused"),
        ("set datafusion.execution.batch_size = 1", "is refused"),
        (copy.as_str(), "`COPY milling TO` is refused"),
        ("explain analyze copy milling to '/tmp/x' stored as csv", "is refused"),
    ];
    for (query, sentence) in refused {
        let said = store.sql(query, 10).await.expect_err(query).to_string();
        assert!(said.contains(sentence) && said.contains("allowed is one statement that only reads"), "{query}: {said}");
    }
    let wrong = [
        ("select 1; select 2", "more than one statement; allowed is one statement"),
        (
            "selec power from milling",
            "the query is not understood: expected: an sql statement, found: selec at line: 1, column: 1",
        ),
        ("select * from lathe", "there are: commands, decisions, findings, forecasts, milling, outcomes"),
        ("select nothing from milling", "nothing"),
        ("select * from '/etc/passwd'", "not found"),
    ];
    for (query, sentence) in wrong {
        let said = store.sql(query, 10).await.expect_err(query).to_string();
        assert!(said.to_lowercase().contains(sentence), "{query}: {said}");
    }
    assert!(!out.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_never_ends_is_stopped_and_the_next_one_answered() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = StoreLimits { question_within: std::time::Duration::from_secs(1), ..crate::fixture::tight() };
    let (store, _) = crate::restart::reopen_as(dir.path(), &plant(), limits).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 1, 5.0)])]).await.expect("stored");
    let (a, b) = ("generate_series(1, 1000000) a", "generate_series(1, 1000000) b");
    let endless = [
        format!("select count(*) from {a}, {b}"),
        format!("select count(*) from {a}, {b} where a.value * b.value < 0"),
        format!("select count(*) from {a} left join {b} on a.value * b.value < 0"),
        "with recursive t as (select 1 as n union all select n + 1 from t) select count(*) from t".to_owned(),
    ];
    for query in endless {
        let refusal = store.sql(&query, 10).await.expect_err(&query);
        assert!(matches!(refusal, StoreError::Slow(1) | StoreError::NoRoom(_)), "{query}: {refusal}");
        let next = store.sql("select power from milling", 10).await;
        assert!(next.is_ok(), "after {query}: {next:?}");
    }
    let swelling = ["repeat('x', 1000000000)", "lpad('x', 1000000000)", "array_length(range(1, 100000000))"];
    for call in swelling {
        let said = store.sql(&format!("select {call}"), 10).await.expect_err(call).to_string();
        assert!(said.contains("Invalid function"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_values_of_one_instant_stand_in_rows_of_their_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    for hundred in 0..200 {
        let readings: Vec<_> = (0..100).flat_map(|i| [(POWER, 7, f64::from(hundred * 100 + i)), (GOOD, 7, 1.0)]).collect();
        store.append(Vec::new(), vec![batch(0, &readings)]).await.expect("stored");
    }
    let counts = "select count(power), count(distinct power), sum(good), count(distinct at) from milling";
    assert_eq!(rows(&store, counts).await, "[20000,20000,20000.0,1]");
    store.seal(&plant(), at(100)).await.expect("sealed");
    assert_eq!(rows(&store, counts).await, "[20000,20000,20000.0,1]");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_of_a_query_is_limited() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = StoreLimits { memory_bytes: 1 << 20, ..crate::fixture::tight() };
    let (store, _) = crate::restart::reopen_as(dir.path(), &plant(), limits).await;
    let heavy = "select count(distinct a.value * b.value) from generate_series(1, 3000) a, generate_series(1, 3000) b";
    let said = store.sql(heavy, 10).await.expect_err("too much memory");
    assert!(matches!(&said, StoreError::NoRoom(text) if text.contains("resources exhausted")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_of_several_channels_have_all_functions() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let plant = plant();
    // 2 for 6 s, 8 for 4 s; then 5 from the middle of the next bucket on
    store.append(Vec::new(), vec![batch(0, &[(POWER, 6, 8.0), (POWER, 0, 2.0), (GOOD, 1, 7.0)])]).await.expect("stored");
    store.seal(&plant, at(100)).await.expect("sealed");
    store
        .append(Vec::new(), vec![batch(0, &[(POWER, 15, 5.0), (GOOD, 9, 9.0)]), batch(1, &[(POWER, 3, 99.0)])])
        .await
        .expect("stored");
    let channels = [channel(0, POWER), channel(0, GOOD)];
    let found = store.buckets(&plant, &channels, (at(0), at(20)), Span::from_seconds(10), true).await.expect("buckets");
    let power: Vec<_> =
        found[0].iter().map(|b| (b.at, b.mean, b.low, b.high, b.count, b.first.1, b.last.1, b.weighted)).collect();
    let wanted = [
        (at(0), 5.0, 2.0, 8.0, 2, 2.0, 8.0, Some(4.4)),
        // 8 holds into the second bucket for 5 s
        (at(10), 5.0, 5.0, 5.0, 1, 5.0, 5.0, Some(6.5)),
    ];
    assert_eq!(power, wanted);
    assert_eq!((found[1].len(), found[1][0].first.1, found[1][0].last), (1, 7.0, (at(9), 9.0)));
    let several = [channel(0, POWER), channel(1, POWER)];
    let refusal =
        store.buckets(&plant, &several, (at(0), at(20)), Span::from_seconds(10), false).await.expect_err("two machines");
    assert!(refusal.to_string().contains("several machines"), "{refusal}");
    let fine = store.buckets(&plant, &channels, (at(0), at(90_000)), Span::from_seconds(1), false).await.expect_err("too many");
    assert!(fine.to_string().contains("90000 buckets are too many"), "{fine}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_would_give_is_told_without_carrying_it_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let plant = plant();
    store.append(words(0, &["running"]), vec![batch(0, &[(POWER, 1, 5.0), (STATE, 1, 0.0)])]).await.expect("stored");
    store.seal(&plant, at(100)).await.expect("sealed");
    store.append(Vec::new(), vec![batch(0, &[(GOOD, 2, 5.0)]), batch(2, &[(POWER, 2, 9.0)])]).await.expect("stored");
    let names = |columns: &SchemaRef| columns.fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>().join(" ");
    let shape = store.sql_shape("select power / 0 as p, machine from milling where 1 / 0 > 1").await.expect("it is not run");
    assert_eq!((names(&shape.columns), shape.tables.len()), ("p machine".to_owned(), 1));
    let all = store.sql_shape("show tables").await.expect("tables");
    // only a running unit has the newest values
    for (table, columns) in all.tables.iter().filter(|(table, _)| table != "last") {
        let whole = store.sql(&format!("select * from \"{table}\""), 9).await.expect("rows");
        assert_eq!(names(columns), whole.columns.join(" "), "{table}: what is sealed and what is hot");
    }
    let tables: Vec<_> = all.tables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(tables, ["commands", "decisions", "findings", "forecasts", "last", "milling", "outcomes", "oven", "revisions"]);
    for query in ["drop table milling", "select 1; select 2", "select nothing from milling", "select 1 from nowhere"] {
        let refusal = store.sql_shape(query).await.expect_err(query);
        assert_eq!(Err(refusal), store.sql(query, 9).await, "the same sentence");
    }
}

async fn pieces(store: &Store, query: &str, format: SqlFormat, rows_max: usize) -> Result<Vec<u8>, StoreError> {
    let last = || {
        let (machine, channel) = ("mill-1".into(), "power".into());
        Some(vec![LastValue { machine, channel, at: at(7), value: Some(4.5), word: None, quality: Quality::Uncertain }])
    };
    let mut pieces = store.sql_pieces(query, (format, rows_max), last).await?;
    let mut whole = Vec::new();
    while let Some(piece) = pieces.recv().await {
        whole.extend(piece?);
    }
    Ok(whole)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_in_the_form_that_is_asked_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let rows = (0..30).map(|i| batch(0, &[(POWER, i, i as f64), (STATE, i, 0.0)])).collect();
    store.append(words(0, &["a \"b\", c"]), rows).await.expect("stored");
    let query = "select at, machine, power, state from milling order by at";
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let csv = text(pieces(&store, query, SqlFormat::Csv, 100).await.expect("CSV"));
    assert!(csv.starts_with("at,machine,power,state\n2026-03-02T06:00:00Z,mill-1,0.0,\"a \"\"b\"\", c\"\n"), "{csv}");
    assert_eq!(csv.lines().count(), 31);
    let json = text(pieces(&store, query, SqlFormat::Json, 2).await.expect("JSON"));
    let table: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let wanted = serde_json::json!({
        "columns": ["at", "machine", "power", "state"],
        "rows": [["2026-03-02T06:00:00Z", "mill-1", 0.0, "a \"b\", c"], ["2026-03-02T06:00:01Z", "mill-1", 1.0, "a \"b\", c"]],
        "cut": true
    });
    assert_eq!(table, wanted);
    let arrow = pieces(&store, query, SqlFormat::Arrow, 30).await.expect("Arrow");
    let batches = StreamReader::try_new(arrow.as_slice(), None).expect("a stream");
    assert_eq!(batches.map(|b| b.expect("rows").num_rows()).sum::<usize>(), 30);
    let parquet = pieces(&store, query, SqlFormat::Parquet, 30).await.expect("Parquet");
    let file = dir.path().join("answer.parquet");
    std::fs::write(&file, parquet).expect("written");
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&file).expect("a file")).expect("Parquet");
    assert_eq!(reader.metadata().file_metadata().num_rows(), 30);
    for format in [SqlFormat::Csv, SqlFormat::Arrow, SqlFormat::Parquet] {
        let refusal = pieces(&store, query, format, 29).await.expect_err("more rows than allowed");
        assert!(refusal.to_string().contains("more than 29 rows"), "{refusal}");
    }
    let empty = text(pieces(&store, "select power from milling where power > 99", SqlFormat::Csv, 9).await.expect("CSV"));
    assert_eq!(empty, "power\n");
    let last = text(pieces(&store, "select * from last", SqlFormat::Csv, 9).await.expect("CSV"));
    assert_eq!(last, "machine,channel,at,value,word,quality\nmill-1,power,2026-03-02T06:00:07Z,4.5,,1\n");
    let wrong = pieces(&store, "select nothing from milling", SqlFormat::Csv, 9).await.expect_err("no such column");
    assert!(wrong.to_string().contains("nothing"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_that_of_its_moment_in_the_order_of_source_times() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let plant = plant();
    let other = batch(1, &[(POWER, 4, 9.0)]);
    store
        .append(words(0, &["running", "down"]), vec![batch(0, &[(STATE, 5, 0.0), (POWER, 5, 1.0)]), other])
        .await
        .expect("stored");
    store.seal(&plant, at(100)).await.expect("sealed");
    store
        .append(Vec::new(), vec![batch(0, &[(STATE, 7, 1.0), (GOOD, 6, 3.0)]), batch(0, &[(POWER, 2, 4.0)])])
        .await
        .expect("stored");
    let past = store.past(&plant, vec![channel(0, POWER), channel(0, STATE)]).expect("channels of one machine");
    store.append(Vec::new(), vec![batch(0, &[(POWER, 3, 5.0)])]).await.expect("stored");
    let window = |from, to| Window { from: at(from), to: at(to) };
    let read = |window, most| past.readings(window, most);
    let readings = read(window(0, 10), 4).await.expect("read").expect("they are four");
    let seen: Vec<_> = readings.iter().map(|r| (r.channel, r.at, r.value)).collect();
    let (power, state) = (channel(0, POWER), channel(0, STATE));
    assert_eq!(
        seen,
        [(power, at(2), 4.0), (power, at(5), 1.0), (state, at(5), 0.0), (state, at(7), 1.0)],
        "a later one is not there"
    );
    assert_eq!(read(window(0, 10), 3).await.expect("read"), None, "more than wanted");
    assert_eq!(read(window(5, 7), 9).await.expect("read").map(|r| r.len()), Some(2), "from inclusive, to exclusive");
    let wrong = store.past(&plant, vec![power, channel(1, POWER)]).map(drop).expect_err("two machines");
    assert!(wrong.to_string().contains("several machines"), "{wrong}");
}
