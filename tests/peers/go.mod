module nihao/tests/peers

go 1.27
