using IaaS.Replay;

return await ReplayCommand.RunAsync(args, Console.In, Console.Out, Console.Error);
