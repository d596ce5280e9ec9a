describe('the till', () => {
  it('adds', () => expect(1 + 1).to.equal(2));
  it('gives change', () => expect(7, 'the \u001b[31mchange\u001b[0m').to.equal(8));
});
