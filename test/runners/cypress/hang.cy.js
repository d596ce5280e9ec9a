it('hangs', { defaultCommandTimeout: 1e9 }, () => cy.then(() => new Promise(() => {})));
