"""The rows of a complete payment, and the statements that write them without asking anything."""

import json
from typing import Final

ROW: Final = json.dumps({"payload": "x" * 700}).encode()
"""About the size of an event of ours."""

SCHEMA: Final = """
drop schema if exists floor cascade;
create schema floor;
create table floor.orders (order_id text primary key, number text unique, state text,
    amount bigint, paid bigint default 0, subject text, created_at timestamptz default now());
create table floor.payments (payment_no text primary key, order_id text, number text, state text,
    amount bigint, trade_no text, action jsonb, created_at timestamptz default now());
create index on floor.payments (order_id);
create table floor.due (subject text primary key, due_at timestamptz);
create index on floor.due (due_at);
create table floor.log (id bigint generated always as identity primary key, event_id text unique,
    payload bytea);
create table floor.pending (id bigint primary key, shard smallint);
create table floor.ledger (id bigint generated always as identity primary key, payment_no text,
    account text, amount bigint);
create table floor.delivery (event_id text primary key, url text, body bytea, state text);
create table floor.attempt (event_id text, status int, at timestamptz default now());
"""
OPEN: Final = """
with o as (insert into floor.orders (order_id, number, state, amount, subject)
           values ($1, $2, 'open', $3, $4) returning order_id),
     p as (insert into floor.payments (payment_no, order_id, number, state, amount)
           select $5, order_id, $2, 'initiating', $3 from o returning payment_no),
     d as (insert into floor.due select payment_no, now() + interval '5 s' from p),
     e as (insert into floor.log (event_id, payload) select $6, $7 from p returning id)
insert into floor.pending select id, 0 from e
"""
APPLY: Final = """
with r as (select * from unnest($1::text[], $2::text[]) as r(payment_no, event_id)),
     p as (update floor.payments p set state = 'succeeded', trade_no = 't' from r
           where p.payment_no = r.payment_no returning p.payment_no, p.order_id, r.event_id),
     o as (update floor.orders o set state = 'paid', paid = amount from p
           where o.order_id = p.order_id),
     d as (delete from floor.due where subject = any($1)),
     l as (insert into floor.ledger (payment_no, account, amount)
           select payment_no, a, m from p,
           (values ('receivable', 1299), ('payable', -1299)) as x(a, m)),
     e as (insert into floor.log (event_id, payload) select event_id, $3 from p returning id)
insert into floor.pending select id, 0 from e
"""
MARK: Final = """
with r as (select unnest($1::text[]) as payment_no),
     p as (update floor.payments p set state = 'pending', action = '{}' from r
           where p.payment_no = r.payment_no returning p.payment_no)
update floor.due d set due_at = now() + interval '15 s' from p where d.subject = p.payment_no
"""
