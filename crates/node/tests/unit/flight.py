"""Clients of another make: the Flight SQL driver of ADBC and the Flight client of pyarrow. Reads one JSON object with what to do
from standard input, prints one with what was seen. `password` has rights, `viewer` has not."""

import base64
import datetime
import json
import sys

import adbc_driver_flightsql.dbapi as dbapi
import adbc_driver_manager as manager
import pyarrow
import pyarrow.flight as flight

wish = json.load(sys.stdin)
uri, password = wish["uri"], wish["password"]


def refused(work):
    """What is said when something does not work."""
    try:
        return f"it worked: {work()}"
    except Exception as error:
        return str(error)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


def rows(table):
    return [[plain(value) for value in row.values()] for row in table.to_pylist()]


def connect(name="admin", password=password):
    return dbapi.connect(uri, db_kwargs={"username": name, "password": password}, autocommit=True)


def prepared(connection, query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetch_arrow_table()


def direct(connection, query):
    with manager.AdbcStatement(connection.adbc_connection) as statement:
        statement.set_sql_query(query)
        stream, _ = statement.execute_query()
        return pyarrow.RecordBatchReader._import_from_c(stream.address).read_all()


def update(connection, query):
    with manager.AdbcStatement(connection.adbc_connection) as statement:
        statement.set_sql_query(query)
        return statement.execute_update()


def large(connection, query):
    """Rows, sum of the first column and number of batches, read batch by batch."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        seen = [0, 0.0, 0, 0]
        for batch in cursor.fetch_record_batch():
            total = pyarrow.compute.sum(batch.column(0)).as_py() or 0
            seen = [seen[0] + batch.num_rows, seen[1] + total, seen[2] + 1, max(seen[3], batch.nbytes)]
        return seen


def left_early(connection, query):
    """The first batch only; the rest is never taken."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetch_record_batch().read_next_batch().num_rows > 0


def tables(connection):
    found = []
    for catalog in connection.adbc_get_objects(depth="all").read_all().to_pylist():
        for schema in catalog["catalog_db_schemas"]:
            for table in schema["db_schema_tables"]:
                columns = [column["column_name"] for column in table["table_columns"]]
                found.append([catalog["catalog_name"], schema["db_schema_name"], table["table_name"], table["table_type"], columns])
    return found


def with_headers():
    """Calls as a tool makes them that signs in by hand."""
    client = flight.connect(uri)
    basic = b"Basic " + base64.b64encode(f"admin:{password}".encode())
    actions = lambda *headers: [a.type for a in client.list_actions(flight.FlightCallOptions(headers=list(headers)))]
    name, token = client.authenticate_basic_token("admin", password)
    begin = lambda: list(client.do_action(flight.Action("BeginTransaction", b""), flight.FlightCallOptions(headers=[(name, token)])))
    return {
        "token": actions((name, token)),
        "password": actions((b"authorization", basic)),
        "nothing": refused(actions),
        "forged": refused(lambda: actions((b"authorization", b"Bearer " + b"0" * 64))),
        "digest": refused(lambda: actions((b"authorization", b"Digest x"))),
        "transaction": refused(begin),
    }


with connect() as connection:
    json.dump(
        {
            "prepared": [rows(prepared(connection, query)) for query in wish["queries"]],
            "direct": [rows(direct(connection, query)) for query in wish["queries"]],
            "types": [str(kind) for kind in direct(connection, wish["whole"]).schema.types],
            "large": large(connection, wish["large"]),
            "left_early": left_early(connection, wish["large"]),
            "refused": [refused(lambda: prepared(connection, query)) for query in wish["refused"]],
            "refused_direct": [refused(lambda: direct(connection, query)) for query in wish["refused"]],
            "refused_update": [refused(lambda: update(connection, query)) for query in wish["refused"]],
            "update": refused(lambda: update(connection, wish["queries"][0])),
            "bound": refused(lambda: connection.cursor().execute("SELECT $1", (1,))),
            "tables": tables(connection),
            "table_types": connection.adbc_get_table_types(),
            "info": {str(key): str(value) for key, value in connection.adbc_get_info().items()},
            "wrong": refused(lambda: connect(password="a wrong password")),
            "viewer": refused(lambda: connect("vic", wish["viewer"])),
            "headers": with_headers(),
        },
        sys.stdout,
    )
