"""The tables of the truth."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS trade (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, merchant TEXT NOT NULL, number TEXT NOT NULL,
    payment_no TEXT NOT NULL, channel_trade_no TEXT NOT NULL UNIQUE, product TEXT NOT NULL,
    amount INTEGER NOT NULL, subject TEXT NOT NULL, notify_url TEXT NOT NULL,
    fingerprint TEXT NOT NULL, created_at REAL NOT NULL, closes_at REAL NOT NULL,
    token TEXT UNIQUE, state TEXT NOT NULL, paid_amount INTEGER, paid_at REAL, closed_at REAL,
    details TEXT NOT NULL, UNIQUE (number, merchant, channel)
);
CREATE INDEX IF NOT EXISTS trade_by_payment_no ON trade (payment_no);
CREATE INDEX IF NOT EXISTS trade_by_paid_at ON trade (paid_at) WHERE paid_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS refund (
    id INTEGER PRIMARY KEY, trade_id INTEGER NOT NULL, channel TEXT NOT NULL,
    merchant TEXT NOT NULL, number TEXT NOT NULL, refund_no TEXT NOT NULL,
    channel_refund_no TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, reason TEXT NOT NULL,
    notify_url TEXT NOT NULL, created_at REAL NOT NULL, state TEXT NOT NULL,
    held INTEGER NOT NULL, finished_at REAL, details TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS refund_by_number ON refund (number);
CREATE INDEX IF NOT EXISTS refund_by_refund_no ON refund (refund_no);
CREATE INDEX IF NOT EXISTS refund_by_trade ON refund (trade_id);
CREATE INDEX IF NOT EXISTS refund_open ON refund (id) WHERE state = 'processing';
CREATE TABLE IF NOT EXISTS split (
    id INTEGER PRIMARY KEY, trade_id INTEGER NOT NULL, channel TEXT NOT NULL,
    merchant TEXT NOT NULL, number TEXT NOT NULL, channel_split_no TEXT NOT NULL UNIQUE,
    is_last INTEGER NOT NULL, fingerprint TEXT NOT NULL, created_at REAL NOT NULL,
    receivers TEXT NOT NULL, returns TEXT NOT NULL, state TEXT NOT NULL, finished_at REAL
);
CREATE INDEX IF NOT EXISTS split_by_number ON split (number);
CREATE INDEX IF NOT EXISTS split_by_trade ON split (trade_id);
CREATE INDEX IF NOT EXISTS split_open ON split (id) WHERE state = 'processing';
CREATE TABLE IF NOT EXISTS receiver (
    channel TEXT NOT NULL, merchant TEXT NOT NULL, account TEXT NOT NULL,
    is_registered INTEGER NOT NULL, PRIMARY KEY (channel, merchant, account)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notice (
    notice_id TEXT PRIMARY KEY, trade_id INTEGER NOT NULL, refund_id INTEGER, url TEXT NOT NULL,
    created_at REAL NOT NULL, next_at REAL NOT NULL, attempts INTEGER NOT NULL,
    done INTEGER NOT NULL, log TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notice_by_trade ON notice (trade_id);
CREATE INDEX IF NOT EXISTS notice_open ON notice (next_at) WHERE done = 0;
"""
