'use strict';

const { fill, openSection, search } = require('./shop');

describe('kids clothing search', () => {
  beforeEach(() => openSection("Kids' clothing"));

  it('finds a kind of clothes', () => {
    fill('Looking for', 'coat');
    search();
    cy.get('[role=status]').should('have.text', '2 things to wear');
    cy.contains('main li', 'Yellow raincoat').should('contain', '$32');
  });

  it('leaves out what does not fit the age', () => {
    fill('Looking for', 'shirt');
    cy.get('#age').select('8-10');
    search();
    cy.get('[role=status]').should('have.text', '1 thing to wear');
    cy.get('main h2').should('have.text', 'Striped T-shirt');
  });
});
