module paymesh

go 1.21
