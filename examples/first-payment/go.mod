module pay

go 1.21

require paymesh v0.0.0

replace paymesh => ../../sdk/go
