it('takes Cypress down', () => cy.task('crash'));
