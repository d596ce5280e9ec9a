it('prints bytes that are no text', () => {
  cy.task('bytes');
  cy.then(() => { throw new Error('half a pair \ud800, a NUL \0 and \u009b31m'); });
});
