it('adds', () => expect(1 + 1).to.equal(2));
it('subtracts', () => expect(2 - 1).to.equal(1));
it.skip('divides', () => {});
