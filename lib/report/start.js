addEventListener('DOMContentLoaded', () => {
	takeRows(document);
	addControls();
	readAddress();
	render();
	localTimes(document);
	addTimeline();
	addNav();
	resume();
	wait();
	(window.requestIdleCallback || setTimeout)(() => rows.forEach(words));
});
