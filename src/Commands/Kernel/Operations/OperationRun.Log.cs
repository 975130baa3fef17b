using Microsoft.Extensions.Logging;

namespace IaaS.Commands.Kernel.Operations;

internal sealed partial class OperationRun
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Operation} goes on from its record")]
    private static partial void LogFailed(ILogger log, Exception e, string operation);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Operation}: {Step} will be tried again: {Code} {Detail}")]
    private static partial void LogStuck(ILogger log, string operation, string step, string code, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Operation}: {Step} was handed over to {By}, who looks after what it leaves: {Reason}")]
    private static partial void LogHandedOver(ILogger log, string operation, string step, string by, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Operation}: {Step} threw")]
    private static partial void LogBug(ILogger log, Exception e, string operation, string step);
}
