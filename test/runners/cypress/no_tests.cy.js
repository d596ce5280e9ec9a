// no tests
