//! Transcripts of the command line: help texts, and commands that need neither a node nor a chain.

#[test]
fn the_command_line_answers_as_written() {
    trycmd::TestCases::new()
        .env("NECTAR_PASSPHRASE", "correct horse battery staple")
        .case("tests/cmd/*.trycmd");
}
