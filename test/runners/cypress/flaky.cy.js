let tries = 0;

it('passes at the second try', { retries: 1 }, () => expect(++tries).to.equal(2));
it('passes at once', () => {});
