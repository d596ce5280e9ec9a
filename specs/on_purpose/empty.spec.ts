// A spec without a test.
export {};
