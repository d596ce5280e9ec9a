describe('the till', () => {
  before(() => { throw new Error('the till is locked'); });
  it('never runs', () => {});
  it('nor this', () => {});
});
