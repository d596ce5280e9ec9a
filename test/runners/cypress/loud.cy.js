it('prints 100 MB', () => {
  cy.task('loud');
  cy.then(() => { throw new Error('loud'); });
});
