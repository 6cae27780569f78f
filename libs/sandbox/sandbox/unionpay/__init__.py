"""银联 (UnionPay) 全渠道 5.1."""
