# schedule -v seed= -v seconds= - what happens when, and to which process:
# lines of a pause, a fault and a number
BEGIN {
	split("kill:ft-pop 4 kill:ft-run 4 kill:supervisor 4 " \
		"kill:ft-result 4 kill:worker.sh 2 kill:ft-push 2 " \
		"kill:controller.sh 4 kill:worker 2 " \
		"stop:ft-pop 3 stop:ft-run 3 stop:supervisor 2 " \
		"stop:ft-result 4 stop:worker.sh 1 net:cut 3 net:delay 3 " \
		"net:lost-reply 4 redis:restart 1 redis:kill 2 " \
		"redis:flush 2 drain 3", word)
	fed = seconds / 2   # ft-push before that, the controller after it
	for (i = 1; i in word; i += 2)
		for (j = 0; j < word[i + 1]; j++)
			pool[n++] = word[i]
	srand(seed)
	# one of each first, the rest as it comes
	for (i = 1; i in word; i += 2)
		if (word[i] != "kill:controller.sh")
			once[m++] = word[i]
	for (t = 0; t < seconds; t += pause) {
		pause = 0.1 + 0.6 * rand()
		k = int(rand() * m)
		do
			fault = m > 0 ? once[k] : pool[int(rand() * n)]
		while (m == 0 && (fault == "kill:ft-push" && t > fed || \
			fault == "kill:controller.sh" && t < fed + 3))
		if (m > 0)
			once[k] = once[--m]
		else if (!late && t > fed * 0.8) {
			late = 1
			fault = "kill:controller.sh"
		}
		printf "%.2f %s %d\n", pause, fault, int(rand() * 10000)
	}
}
