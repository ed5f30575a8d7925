'use strict';
// Sorts a table by a column at a click on its heading, and hides what does not fit the search.
document.querySelectorAll('table.sorts').forEach((table) => {
  const body = table.tBodies[0];
  table.querySelectorAll('thead th').forEach((heading, place) => {
    const button = document.createElement('button');
    button.type = 'button';
    while (heading.firstChild) button.append(heading.firstChild);
    heading.append(button);
    button.addEventListener('click', () => {
      const down = heading.getAttribute('aria-sort') === 'ascending';
      table.querySelectorAll('thead th').forEach((other) => other.removeAttribute('aria-sort'));
      heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent;
      const compare = (one, other) => {
        const [left, right] = [value(one), value(other)];
        const [x, y] = [parseFloat(left), parseFloat(right)];
        return Number.isNaN(x) || Number.isNaN(y) ? left.localeCompare(right) : x - y;
      };
      [...body.rows].sort((one, other) => (down ? -1 : 1) * compare(one, other)).forEach((row) => body.append(row));
    });
  });
});
const search = document.getElementById('search');
if (search) {
  search.hidden = false;
  search.addEventListener('input', () => {
    const wanted = search.value.trim().toLowerCase();
    document.querySelectorAll('[data-name]').forEach((element) => {
      element.hidden = !element.dataset.name.includes(wanted);
    });
  });
}
