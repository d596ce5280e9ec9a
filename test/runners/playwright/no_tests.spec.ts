// no tests
export {};
