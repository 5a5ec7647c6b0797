mkdir recipes/files
mkfifo recipes/files/pipe
