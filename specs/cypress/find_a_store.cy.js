'use strict';

const { fill, openSection, search } = require('./shop');

describe('find a store', () => {
  beforeEach(() => openSection('Find a store'));

  it('finds the stores of a town', () => {
    fill('Town or postcode', 'minnow');
    search();
    cy.get('[role=status]').should('have.text', '2 stores near “minnow”');
    cy.contains('main li', '44 Hennepin Street');
  });

  it('finds a store by its postcode', () => {
    fill('Town or postcode', 'OM27LP');
    search();
    cy.get('[role=status]').should('have.text', '1 store near “OM27LP”');
    cy.contains('main h2', 'Old Mill, 12 Weaver Lane');
  });
});
