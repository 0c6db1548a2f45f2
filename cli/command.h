/* The commands that main.c lists. Each gets its own argv (argv[0] is the program) and returns an
 * exit status; usage errors, --help and --version leave through argp. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum exit_status cmd_catalogue(int argc, char **argv);
enum exit_status cmd_compare(int argc, char **argv);
enum exit_status cmd_convert(int argc, char **argv);
enum exit_status cmd_demo(int argc, char **argv);
enum exit_status cmd_encode(int argc, char **argv);
enum exit_status cmd_evaluate(int argc, char **argv);
enum exit_status cmd_inspect(int argc, char **argv);
enum exit_status cmd_replay(int argc, char **argv);
enum exit_status cmd_simulate(int argc, char **argv);
enum exit_status cmd_train(int argc, char **argv);

/* gommir catalogue VERB */
enum exit_status cmd_catalogue_export(int argc, char **argv);
enum exit_status cmd_catalogue_generate(int argc, char **argv);
enum exit_status cmd_catalogue_import(int argc, char **argv);
enum exit_status cmd_catalogue_info(int argc, char **argv);
enum exit_status cmd_catalogue_show(int argc, char **argv);

/* gommir train VERB */
enum exit_status cmd_train_captioner(int argc, char **argv);
enum exit_status cmd_train_encoder(int argc, char **argv);
enum exit_status cmd_train_recommender(int argc, char **argv);

#endif
