'use strict';

const { fill, openSection, search } = require('./shop');

describe('album label search', () => {
  beforeEach(() => openSection('Albums'));

  it('finds every album of a label', () => {
    fill('Record label', 'Blue Lantern');
    search();
    cy.get('[role=status]').should('have.text', '3 albums on “Blue Lantern”');
    cy.get('main h2').should('have.length', 3).first().should('have.text', 'Midnight Bakery');
  });

  it('says when nobody knows the label', () => {
    fill('Record label', 'Nobody');
    search();
    cy.get('[role=status]').should('have.text', 'No albums on “Nobody”');
    cy.get('main h2').should('not.exist');
  });
});
