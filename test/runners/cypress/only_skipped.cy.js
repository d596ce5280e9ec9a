it.skip('one', () => {});
it('two');
