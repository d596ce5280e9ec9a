// The way into a section of the shop, as a person goes there.
'use strict';

function openSection(name) {
  cy.visit('/');
  if (Cypress.config('viewportWidth') < 640)
    cy.contains('button', 'Menu').click();
  cy.get('nav').contains('a', name).click();
  cy.contains('h1', name);
}

function fill(label, text) {
  return cy.contains('label', label).invoke('attr', 'for')
    .then((id) => cy.get(`#${id}`).clear().type(text));
}

function search() {
  cy.get('main').contains('button', 'Search').click();
}

module.exports = { fill, openSection, search };
