using Adit;
using Adit.Commands;

// Read by the first socket of the process: received bytes are handled where they are noticed, not on another thread. What lies on the byte
// path never blocks, which this needs.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

return await CommandLine.RunAsync(AditCommand.Create(args), args);
