// On a narrow screen the sections fold into a menu; without scripts they stay open.
'use strict';

const button = document.getElementById('menu');

function show(open) {
  button.setAttribute('aria-expanded', String(open));
}

button.hidden = false;
button.addEventListener('click', () => show(button.getAttribute('aria-expanded') !== 'true'));
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || button.getAttribute('aria-expanded') !== 'true')
    return;
  show(false);
  button.focus();
});
